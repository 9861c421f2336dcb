// A loss from beginning to end, told in the terminal. Nothing here is calculated in advance: every figure is read from
// the chain at the moment it is told.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256 } from "ethers";

import { type LocalSystem, sent, tokens } from "./lib/local-system.js";
import { oraclePrice, VIRTUAL_SHARES } from "./lib/market.js";
import { amount, change, table } from "./lib/table.js";

export type Say = (text: string) => void;

/** What the story told, for whoever wants to check it. Assets and shares in their smallest unit, prices times 1e18. */
export type Told = {
  exitPriceBefore: bigint;
  exitPriceSeen: bigint;
  exitPriceAfterLeaving: bigint;
  exitPriceAfterLoss: bigint;
  preview: { fromReserve: bigint; fromFund: bigint; haircut: bigint };
  loss: bigint;
  fromReserve: bigint;
  fromFund: bigint;
  haircut: bigint;
  reserveSharesBurned: bigint;
  fundSharesBurned: bigint;
  /** What each had before the price fell, and what it came to. Chen's is what he was paid. */
  suppliers: { name: string; before: bigint; after: bigint }[];
  certificates: { name: string; face: bigint; firstClaim: bigint; secondClaim: bigint }[];
  surplusToReserve: bigint;
};

const PRICE_BEFORE = 2_000;
const PRICE_AFTER = 800;
const RECOVERED_FIRST = tokens(4_000_000n);
const RECOVERED_SECOND = tokens(5_000_000n);

const dollars = (value: bigint): string => amount(value, 18);
const exact = (value: bigint): string => amount(value, 18, value < tokens(1_000n) ? 6 : 0);
const shares = (value: bigint): string => amount(value, 24, value < tokens(1_000n) * VIRTUAL_SHARES ? 6 : 0);
const price = (wad: bigint): string => amount(wad, 18, 6);

export async function tellStory(local: LocalSystem, say: Say): Promise<Told> {
  const { people, story } = local;
  const { pool, fund } = story;
  const { ada, bruno, chen, dina, fay, gil, hana, liv } = people;
  const poolAddress = await pool.getAddress();
  const fundAddress = await fund.getAddress();

  const setPrice = async (whole: number) => {
    const value = oraclePrice(whole);
    await sent(story.oracle.connect(people.deployer).set(value, value, true));
  };
  const supply = async (who: HardhatEthersSigner, whole: bigint) =>
    await sent(pool.connect(who)["deposit(uint256,address)"](tokens(whole), who.address));
  const worth = async (who: HardhatEthersSigner) => await pool.convertToAssets(await pool.balanceOf(who.address));
  const worths = async (...list: HardhatEthersSigner[]) => await Promise.all(list.map(worth));

  // ------------------------------------------------------------------------------------------------ before

  await setPrice(PRICE_BEFORE);
  await supply(ada, 1n);
  await supply(bruno, 30_000_000n);
  await supply(chen, 20_000_000n);
  await supply(dina, 47_999_999n);
  await supply(fay, 1_500_000n);
  await sent(fund.connect(fay)["deposit(uint256,address)"](await pool.balanceOf(fay.address), fay.address));
  await sent(pool.connect(dina).topUpReserve(tokens(500_000n)));
  await borrow(local, gil, 12_750n, 20_000_000n);
  await borrow(local, hana, 60_000n, 30_000_000n);

  const [adaBefore, brunoBefore, chenBefore, dinaBefore] = (await worths(ada, bruno, chen, dina)) as Four;
  const exitPriceBefore = await pool.exitPrice();
  const layerWorth = async (address: string) => await pool.convertToAssets(await pool.balanceOf(address));
  const reserveBefore = await layerWorth(poolAddress);
  const fundBefore = await layerWorth(fundAddress);

  title(say, "1. Before", "Who holds what. A share of the pool costs a dollar. No shortfall, no loss.");
  const holds = async (label: string, address: string) => {
    const balance = await pool.balanceOf(address);
    return [label, shares(balance), exact(await pool.convertToAssets(balance))];
  };
  show(
    say,
    table(
      ["", "pool shares", "worth, test dollars"],
      [
        await holds("reserve: the pool's own shares, lose first", poolAddress),
        await holds("insurance fund: Fay's stake, loses second", fundAddress),
        await holds("Ada", ada.address),
        await holds("Bruno", bruno.address),
        await holds("Chen", chen.address),
        await holds("Dina", dina.address),
        ["together", shares(await pool.totalSupply()), dollars(await pool.totalAssets())],
      ],
    ),
  );
  show(say, await loans(local, PRICE_BEFORE));

  // ------------------------------------------------------------------------------------------------ shortfall seen

  await setPrice(PRICE_AFTER);
  const shortfall = await pool.currentShortfall();
  const exitPriceSeen = await pool.exitPrice();
  const preview = await pool.previewWaterfall(shortfall);
  const [adaSeen, brunoSeen, chenSeen, dinaSeen] = (await worths(ada, bruno, chen, dina)) as Four;

  title(
    say,
    "2. The shortfall is seen",
    `The price of the collateral falls from ${PRICE_BEFORE} to ${PRICE_AFTER} dollars. Nobody has liquidated anything, ` +
      "and nobody has sent\nthe pool a transaction. What Gil's collateral can't repay is in everybody's price all the same:",
  );
  show(say, await loans(local, PRICE_AFTER));
  show(
    say,
    table(
      ["shortfall that the oracle shows", "test dollars"],
      [
        ["covered by the reserve", dollars(preview.fromReserve)],
        ["covered by the insurance fund", dollars(preview.fromFund)],
        ["left to the suppliers", dollars(preview.haircut)],
        ["together", dollars(shortfall)],
      ],
    ),
  );
  show(
    say,
    table(
      ["", "before", "now", "change"],
      [
        [
          "exit price, dollars a share",
          price(exitPriceBefore),
          price(exitPriceSeen),
          change(exitPriceBefore, exitPriceSeen),
        ],
        ["Ada could take out", exact(adaBefore), exact(adaSeen), change(adaBefore, adaSeen)],
        ["Bruno could take out", exact(brunoBefore), exact(brunoSeen), change(brunoBefore, brunoSeen)],
        ["Chen could take out", exact(chenBefore), exact(chenSeen), change(chenBefore, chenSeen)],
        ["Dina could take out", exact(dinaBefore), exact(dinaSeen), change(dinaBefore, dinaSeen)],
      ],
    ),
  );

  // ------------------------------------------------------------------------------------------------ leaving first

  const chenWallet = await story.asset.balanceOf(chen.address);
  const chenShares = await pool.balanceOf(chen.address);
  await sent(pool.connect(chen)["redeem(uint256,address,address)"](chenShares, chen.address, chen.address));
  const chenPaid = (await story.asset.balanceOf(chen.address)) - chenWallet;
  const exitPriceAfterLeaving = await pool.exitPrice();

  title(
    say,
    "3. Somebody runs",
    "Chen is quick and takes out all he has before anyone liquidates. He pays the same part of the loss as those who stay,\n" +
      "and costs them nothing: the exit price is where it was.",
  );
  show(
    say,
    table(
      ["", "test dollars"],
      [
        ["Chen had", dollars(chenBefore)],
        ["Chen was paid", dollars(chenPaid)],
        ["exit price before he left", price(exitPriceSeen)],
        ["exit price after he left", price(exitPriceAfterLeaving)],
      ],
    ),
  );

  // ------------------------------------------------------------------------------------------------ waterfall

  const [, seized] = await pool.previewLiquidation(gil.address, MaxUint256);
  const livWallet = await story.asset.balanceOf(liv.address);
  const receipt = await sent(pool.connect(liv).liquidate(gil.address, MaxUint256, seized, liv.address, "0x"));
  const livPaid = livWallet - (await story.asset.balanceOf(liv.address));
  const [event] = await pool.queryFilter(pool.filters.LossRealised(), receipt.blockNumber);
  if (event === undefined) throw new Error("The liquidation realised no loss");
  const { loss, fromReserve, fromFund, haircut } = event.args;
  const reserveSharesBurned = await burned(local, poolAddress, receipt.blockNumber);
  const fundSharesBurned = await burned(local, fundAddress, receipt.blockNumber);
  const exitPriceAfterLoss = await pool.exitPrice();

  title(
    say,
    "4. The waterfall",
    `Liv liquidates Gil: she pays ${dollars(livPaid)} for his ${amount(seized, 18)} test ether. What is missing runs ` +
      "down in the same\ntransaction. Chen's part of the loss stayed in the pool, so each share stood for a little more " +
      "when it came:",
  );
  show(
    say,
    table(
      ["", "pool shares burned", "pays, test dollars"],
      [
        ["the reserve", shares(reserveSharesBurned), dollars(fromReserve)],
        ["the insurance fund", shares(fundSharesBurned), dollars(fromFund)],
        ["all suppliers, by the price of their shares", "0", dollars(haircut)],
        ["together: the loss", shares(reserveSharesBurned + fundSharesBurned), dollars(loss)],
      ],
    ),
  );
  show(
    say,
    table(
      ["exit price, dollars a share", ""],
      [
        ["when the loss was only seen", price(exitPriceAfterLeaving)],
        ["now that it is real", price(exitPriceAfterLoss)],
      ],
    ),
  );

  // ------------------------------------------------------------------------------------------------ haircut

  const [adaAfter, brunoAfter, dinaAfter] = (await worths(ada, bruno, dina)) as [bigint, bigint, bigint];
  const suppliers = [
    { name: "Ada, who held 1", before: adaBefore, after: adaAfter },
    { name: "Bruno, who held 30 million", before: brunoBefore, after: brunoAfter },
    { name: "Chen, who left early", before: chenBefore, after: chenPaid },
    { name: "Dina, who stayed", before: dinaBefore, after: dinaAfter },
  ];

  const layerRow = (name: string, before: bigint, after: bigint) => [
    name,
    dollars(before),
    dollars(after),
    change(before, after),
  ];
  title(say, "5. The haircut", "Large or small, early or late: every supplier has lost the same part.");
  show(
    say,
    table(
      ["", "had, test dollars", "has, test dollars", "change"],
      [
        ...suppliers.map(({ name, before, after }) => [name, exact(before), exact(after), change(before, after)]),
        layerRow("the reserve", reserveBefore, await layerWorth(poolAddress)),
        layerRow("Fay, who insured them for a premium", fundBefore, await layerWorth(fundAddress)),
      ],
    ),
  );

  // ------------------------------------------------------------------------------------------------ recovery

  const recovery = await tellRecovery(local, say);
  return {
    exitPriceBefore,
    exitPriceSeen,
    exitPriceAfterLeaving,
    exitPriceAfterLoss,
    preview: { fromReserve: preview.fromReserve, fromFund: preview.fromFund, haircut: preview.haircut },
    loss,
    fromReserve,
    fromFund,
    haircut,
    reserveSharesBurned,
    fundSharesBurned,
    suppliers,
    ...recovery,
  };
}

type Four = [bigint, bigint, bigint, bigint];

/** Money comes back twice: less than is owed, then more. */
async function tellRecovery(
  { people, story: { pool } }: LocalSystem,
  say: Say,
): Promise<Pick<Told, "certificates" | "surplusToReserve">> {
  const { ada, bruno, chen, dina, erik, liv } = people;
  await sent(pool.connect(dina).transfer(erik.address, await pool.balanceOf(dina.address)));

  const holders = [
    { name: "Ada", who: ada },
    { name: "Bruno", who: bruno },
    { name: "Dina, who sold her shares", who: dina },
    { name: "Erik, who bought them", who: erik },
    { name: "Chen, who left early", who: chen },
  ];
  const faces = await Promise.all(holders.map(async ({ who }) => (await pool.certificateOf(who.address)).unpaidFace));
  const claimAll = async () => {
    const paid: bigint[] = [];
    for (const { who } of holders) {
      const { claimable } = await pool.certificateOf(who.address);
      if (claimable !== 0n) await sent(pool.connect(who).claimRecovery(who.address));
      paid.push(claimable);
    }
    return paid;
  };

  await sent(pool.connect(liv).recover(RECOVERED_FIRST));
  const firstClaims = await claimAll();
  const receipt = await sent(pool.connect(liv).recover(RECOVERED_SECOND));
  const secondClaims = await claimAll();
  const [event] = await pool.queryFilter(pool.filters.Recovered(), receipt.blockNumber);
  if (event === undefined) throw new Error("The recovery left no event");
  const { toCertificates, toReserve } = event.args;

  const certificates = holders.map(({ name }, index) => ({
    name,
    face: faces[index] ?? 0n,
    firstClaim: firstClaims[index] ?? 0n,
    secondClaim: secondClaims[index] ?? 0n,
  }));

  title(
    say,
    "6. Money comes back",
    "Dina sells her shares to Erik. Then Gil's other belongings bring " +
      `${dollars(RECOVERED_FIRST)}, later ${dollars(RECOVERED_SECOND)}. It goes to\nthose who bore the haircut, by the ` +
      "certificates written at the loss, not to whoever holds shares now.",
  );
  show(
    say,
    table(
      ["", "haircut borne", "1st payment", "2nd payment", "still owed"],
      await Promise.all(
        certificates.map(async ({ name, face, firstClaim, secondClaim }, index) => {
          const who = holders[index]?.who ?? ada;
          const { unpaidFace } = await pool.certificateOf(who.address);
          return [name, exact(face), exact(firstClaim), exact(secondClaim), exact(unpaidFace)];
        }),
      ),
    ),
  );
  say(
    `Of the second payment ${dollars(toCertificates)} went to the certificates, which are paid in full now, and ` +
      `${dollars(toReserve)} to the\nreserve. Fay gets nothing back: who insures, bears the loss for good. Nor does ` +
      "Chen, who was paid out at the price of\nthat moment. The part of the loss that he left behind was borne by those " +
      "who stayed: so their certificates come to\nmore than their shares had fallen by, and what he gave up is theirs " +
      "now.",
  );
  return { certificates, surplusToReserve: toReserve };
}

async function borrow({ story }: LocalSystem, who: HardhatEthersSigner, collateral: bigint, debt: bigint) {
  await sent(story.pool.connect(who).supplyCollateral(tokens(collateral), who.address));
  await sent(story.pool.connect(who).borrow(tokens(debt), who.address, who.address));
}

async function loans({ people, story: { pool } }: LocalSystem, ether: number): Promise<string> {
  const row = async (name: string, { address }: HardhatEthersSigner) => {
    const { debtAssets, collateral, ltvWad } = await pool.position(address);
    return [
      name,
      dollars(debtAssets),
      amount(collateral, 18),
      dollars(collateral * BigInt(ether)),
      `${amount(ltvWad * 100n, 18, 1)} %`,
    ];
  };
  return table(
    ["", "owes, test dollars", "collateral, test ether", "worth, test dollars", "debt / collateral"],
    [await row("Gil", people.gil), await row("Hana", people.hana)],
  );
}

/** Pool shares that `holder` lost to the waterfall in a block. */
async function burned({ story: { pool } }: LocalSystem, holder: string, block: number): Promise<bigint> {
  const zero = "0x0000000000000000000000000000000000000000";
  const events = await pool.queryFilter(pool.filters.Transfer(holder, zero), block);
  return events.reduce((sum, { args }) => sum + args.value, 0n);
}

function show(say: Say, drawn: string): void {
  say(`${drawn}\n`);
}

function title(say: Say, heading: string, text: string): void {
  say(`${heading}\n${"-".repeat(heading.length)}\n${text}\n`);
}
