// Who bore which haircut, and what has come back. Two indices do for all holders together what a ledger kept incident
// by incident would do; that they agree with such a ledger is a test of its own.
import { divUp, max, MAX_UINT128, min, monus, mulDown, mulUp } from "./numbers.js";

const SCALE = 10n ** 36n;
const FLOOR = 10n ** 27n;
const STEP = 10n ** 9n;
const FULL_REPAYMENT = 8n;

/** All holders together. `remaining` is the part of the face that is still unpaid, `epoch` counts its lost digits. */
export type CertificateBook = {
  readonly lossPerShare: bigint;
  readonly unpaidFace: bigint;
  readonly remaining: bigint;
  readonly held: bigint;
  readonly epoch: bigint;
  /** lossPerShare over what remained when it was written, up to `lossBase`. */
  readonly normalisedBase: bigint;
  readonly lossBase: bigint;
};

export type Certificate = {
  readonly normalisedFace: bigint;
  readonly normalisedLoss: bigint;
  readonly credit: bigint;
  readonly epoch: bigint;
};

export const NO_CERTIFICATES: CertificateBook = {
  lossPerShare: 0n,
  unpaidFace: 0n,
  remaining: SCALE,
  held: 0n,
  epoch: 0n,
  normalisedBase: 0n,
  lossBase: 0n,
};

export const NO_CERTIFICATE: Certificate = { normalisedFace: 0n, normalisedLoss: 0n, credit: 0n, epoch: 0n };

const normalisedUp = (book: CertificateBook): bigint =>
  book.normalisedBase + mulUp(book.lossPerShare - book.lossBase, SCALE, book.remaining);
const normalisedDown = (book: CertificateBook): bigint =>
  book.normalisedBase + mulDown(book.lossPerShare - book.lossBase, SCALE, book.remaining);

/** A haircut of `assets`, borne by all shares and the virtual ones. */
export function writeHaircut(
  book: CertificateBook,
  assets: bigint,
  shares: bigint,
  virtualShares: bigint,
): CertificateBook {
  const perShare = min((assets * SCALE) / (shares + virtualShares), MAX_UINT128 - book.lossPerShare);
  return {
    ...book,
    lossPerShare: book.lossPerShare + perShare,
    unpaidFace: min(book.unpaidFace + mulUp(perShare, shares, SCALE), MAX_UINT128),
  };
}

/** Money that came back, as far as it is owed. */
export function repayFace(book: CertificateBook, assets: bigint): { book: CertificateBook; taken: bigint } {
  const taken = min(assets, book.unpaidFace);
  if (taken === 0n) return { book, taken };
  const left = book.unpaidFace - taken;
  let remaining = SCALE;
  let epoch = book.epoch + FULL_REPAYMENT;
  let normalisedBase = 0n;
  if (left > 0n) {
    remaining = mulUp(book.remaining, left, book.unpaidFace);
    epoch = book.epoch;
    normalisedBase = normalisedUp(book);
    for (; remaining < FLOOR; ++epoch) {
      remaining *= STEP;
      normalisedBase = divUp(normalisedBase, STEP);
    }
  }
  return {
    book: {
      ...book,
      held: book.held + taken,
      unpaidFace: left,
      remaining,
      epoch,
      normalisedBase,
      lossBase: book.lossPerShare,
    },
    taken,
  };
}

/** The holder's certificate with what its shares bore since `lossSeen`. */
export function settled(
  book: CertificateBook,
  certificate: Certificate,
  shares: bigint,
  lossSeen: bigint,
): Certificate {
  const epochs = book.epoch - certificate.epoch;
  const divisor = epochs < FULL_REPAYMENT ? STEP ** epochs : 0n; // 0: older faces are repaid
  let normalisedFace = divisor === 0n ? 0n : divUp(certificate.normalisedFace, divisor);
  let normalisedLoss = divisor === 0n ? 0n : certificate.normalisedLoss / divisor;
  let credit = certificate.credit;
  const loss = book.lossPerShare - lossSeen;
  if (loss > 0n) {
    if (shares > 0n) {
      credit += mulDown(shares, loss, SCALE);
      normalisedFace += mulUp(shares, max(0n, normalisedUp(book) - normalisedLoss), FLOOR);
    }
    normalisedLoss = normalisedDown(book);
  }
  return { normalisedFace, normalisedLoss, credit, epoch: book.epoch };
}

/** What a settled certificate is still owed, and what it can claim now. */
export function statusOf(book: CertificateBook, certificate: Certificate): { unpaid: bigint; claimable: bigint } {
  const unpaid = mulUp(certificate.normalisedFace, book.remaining, SCALE * STEP);
  return {
    unpaid: min(unpaid, certificate.credit),
    claimable: min(monus(certificate.credit, unpaid), book.held),
  };
}
