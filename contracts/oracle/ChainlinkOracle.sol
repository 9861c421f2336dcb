// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {BPS, MAX_PRICE} from "../libraries/Constants.sol";
import {BoundedRead} from "./BoundedRead.sol";

/// @notice A price feed and what is expected of it. All zero: no feed on this side, its price is 1.
struct FeedConfig {
    /// Must write `updatedAt` from the chain's own clock: an answer from the future counts as unreadable.
    address feed;
    /// Seconds within which the feed promises an update; later than that its answer is late.
    uint32 heartbeat;
    /// The answers that are believed, in the feed's own decimals.
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @notice One way to the price of the collateral in the loan asset: the first feed's answer divided by the second's.
struct PathConfig {
    /// What the collateral is worth in the loan asset, or in a unit that the other feed shares (USD, say). If the
    /// collateral is a vault token: what the vault's underlying asset is worth.
    FeedConfig collateral;
    /// What the loan asset is worth in that unit.
    FeedConfig loan;
}

/// @notice For a collateral that is an ERC-4626 vault token. All zero if it isn't.
struct VaultConfig {
    /// The asset that the feeds price; must be the vault's own.
    address underlying;
    /// The rates that are believed: smallest units of the underlying for one whole vault token.
    uint128 minRate;
    uint128 maxRate;
}

/// @notice The feed that tells whether the sequencer of a layer 2 is up. All zero on a chain that has none.
struct SequencerConfig {
    address feed;
    /// Seconds that must have passed since the sequencer came back.
    uint32 gracePeriod;
}

/// @title Price of a collateral from Chainlink-style feeds
/// @notice Duty: two prices for a pool, out of one or two paths that share no feed. Holds no money and no state, has no
///         role; another configuration is another contract. Trusts each feed within its bounds only, and neither the
///         feeds nor the vault to answer at all.
/// @dev A vault token's rate has no clock and can be raised by a donation: the upper bound caps what that can gain. A
///      rate that has honestly grown past its bound stops the market (not ok, at a price too low): replace the oracle
///      before.
contract ChainlinkOracle is IPriceOracle {
    error PathCountInvalid(uint256 count);
    error PathEmpty(uint256 path);
    error PathUnknown(uint256 path, uint256 count);
    error AddressMissing(bytes32 part);
    error FeedRepeated(address feed);
    error FeedUnreadable(address feed);
    error HeartbeatOutOfRange(address feed, uint256 heartbeat, uint256 maximum);
    error BoundsInvalid(address source, uint256 minimum, uint256 maximum);
    error AnswerOutOfBounds(address source, uint256 answer, uint256 minimum, uint256 maximum);
    error DecimalsUnreadable(address source);
    error TooManyDecimals(address source, uint256 decimals, uint256 maximum);
    error VaultAssetMismatch(address vault, address actual, address expected);
    error RateUnreadable(address vault);
    error RateTooCoarse(uint256 minRate, uint256 minimum);
    error SequencerAnswerInvalid(address feed, uint256 answer);
    error GracePeriodOutOfRange(uint256 gracePeriod, uint256 maximum);
    error PriceTooLarge(uint256 path, uint256 price, uint256 maximum);
    error PriceTooSmall(uint256 path, uint256 price, uint256 minimum);
    error PathsDisagree(uint256 firstPrice, uint256 secondPrice);

    /// @notice 15%: what low loses at once when a path is late, in 1e4ths. More than a price usually moves between the
    ///         last update and the moment at which the missing one is noticed.
    uint256 public constant LATE_MARK_DOWN_BPS = 1_500;
    /// @notice Seconds of lateness over which what is left of low runs down to zero.
    uint256 public constant LATE_WINDOW = 48 hours;

    /// @notice What a feed may use to answer. One behind a proxy and an access list takes about half of it, cold.
    uint256 public constant FEED_GAS = 30_000;
    /// @notice What a vault may use to answer: too little for one that has to ask a row of markets first. Four feeds, a
    ///         sequencer feed and a vault take 210,000 of the 300,000 gas that a pool gives to the oracle.
    uint256 public constant RATE_GAS = 60_000;

    /// @notice The lowest price that the bounds may allow: from here a division loses less than a billionth.
    uint256 public constant MIN_PRICE = 1e9;
    /// @notice The lowest rate that the bounds may allow: from here the vault's rounding loses less than 0.001%.
    uint256 public constant MIN_RATE = 1e5;

    uint256 private constant MAX_HEARTBEAT = 7 days;
    uint256 private constant MAX_GRACE_PERIOD = 1 days;
    /// @dev Of feeds and of the loan asset.
    uint256 private constant MAX_DECIMALS = 18;
    /// @dev Vault tokens often have six decimals more than what is in them.
    uint256 private constant MAX_COLLATERAL_DECIMALS = 24;
    /// @dev 10%, in 1e4ths. Paths further apart than this at the start are a mistake, like a feed the wrong way round.
    uint256 private constant MAX_INITIAL_GAP_BPS = 1_000;

    uint256 private constant PRICE_DECIMALS = 36;
    /// @dev Bytes of a round: five words.
    uint256 private constant ROUND_SIZE = 160;
    uint256 private constant WORD_SIZE = 32;

    address private immutable LOAN_ASSET;
    address private immutable COLLATERAL;

    address private immutable UNDERLYING;
    uint128 private immutable MIN_VAULT_RATE;
    uint128 private immutable MAX_VAULT_RATE;
    /// @dev One whole vault token, in its smallest units.
    uint256 private immutable RATE_SAMPLE;

    address private immutable SEQUENCER_FEED;
    uint32 private immutable GRACE_PERIOD;

    uint256 private immutable PATH_COUNT;
    // Feeds 0 and 1 are the first path's, collateral side first; 2 and 3 the second's.
    address private immutable FEED_0;
    address private immutable FEED_1;
    address private immutable FEED_2;
    address private immutable FEED_3;
    uint32 private immutable HEARTBEAT_0;
    uint32 private immutable HEARTBEAT_1;
    uint32 private immutable HEARTBEAT_2;
    uint32 private immutable HEARTBEAT_3;
    uint128 private immutable MIN_ANSWER_0;
    uint128 private immutable MIN_ANSWER_1;
    uint128 private immutable MIN_ANSWER_2;
    uint128 private immutable MIN_ANSWER_3;
    uint128 private immutable MAX_ANSWER_0;
    uint128 private immutable MAX_ANSWER_1;
    uint128 private immutable MAX_ANSWER_2;
    uint128 private immutable MAX_ANSWER_3;
    // Powers of ten that turn a path's quotient into a price; one of each pair is 1.
    uint256 private immutable MULTIPLIER_0;
    uint256 private immutable MULTIPLIER_1;
    uint256 private immutable DIVISOR_0;
    uint256 private immutable DIVISOR_1;

    /// @dev Reads every source once, under the limits of `price`, and each feed before anything has warmed it: what is
    ///      too expensive shows here. (A vault's asset and decimals have to be asked first.) An answer outside its bounds
    ///      shows bounds in the wrong decimals.
    constructor(
        address loanAsset_,
        address collateral_,
        VaultConfig memory vault_,
        PathConfig[] memory paths,
        SequencerConfig memory sequencer_
    ) {
        if (paths.length == 0 || paths.length > 2) revert PathCountInvalid(paths.length);
        _checkSequencer(sequencer_);
        uint256 rate = _checkVault(vault_, collateral_);
        for (uint256 i = 0; i < paths.length; ++i) _checkFeeds(paths, i);

        LOAN_ASSET = loanAsset_;
        COLLATERAL = collateral_;
        UNDERLYING = vault_.underlying;
        MIN_VAULT_RATE = vault_.minRate;
        MAX_VAULT_RATE = vault_.maxRate;
        SEQUENCER_FEED = sequencer_.feed;
        GRACE_PERIOD = sequencer_.gracePeriod;
        PATH_COUNT = paths.length;

        uint256 collateralDecimals = _decimals(collateral_, MAX_COLLATERAL_DECIMALS);
        RATE_SAMPLE = 10 ** collateralDecimals;
        int256 tokenExponent =
            int256(PRICE_DECIMALS + _decimals(loanAsset_, MAX_DECIMALS)) - int256(collateralDecimals);
        if (vault_.underlying != address(0)) {
            tokenExponent -= int256(_decimals(vault_.underlying, MAX_COLLATERAL_DECIMALS));
        }

        PathConfig memory first = paths[0];
        (FEED_0, HEARTBEAT_0) = (first.collateral.feed, first.collateral.heartbeat);
        (FEED_1, HEARTBEAT_1) = (first.loan.feed, first.loan.heartbeat);
        (MIN_ANSWER_0, MAX_ANSWER_0) = (first.collateral.minAnswer, first.collateral.maxAnswer);
        (MIN_ANSWER_1, MAX_ANSWER_1) = (first.loan.minAnswer, first.loan.maxAnswer);
        (MULTIPLIER_0, DIVISOR_0) = _scale(first, tokenExponent);
        _checkPriceRange(first, vault_, 0);

        if (paths.length == 1) return;

        PathConfig memory second = paths[1];
        (FEED_2, HEARTBEAT_2) = (second.collateral.feed, second.collateral.heartbeat);
        (FEED_3, HEARTBEAT_3) = (second.loan.feed, second.loan.heartbeat);
        (MIN_ANSWER_2, MAX_ANSWER_2) = (second.collateral.minAnswer, second.collateral.maxAnswer);
        (MIN_ANSWER_3, MAX_ANSWER_3) = (second.loan.minAnswer, second.loan.maxAnswer);
        (MULTIPLIER_1, DIVISOR_1) = _scale(second, tokenExponent);
        _checkPriceRange(second, vault_, 1);

        _checkAgreement(rate);
    }

    /// @inheritdoc IPriceOracle
    function price() external view returns (uint256 low, uint256 high, bool ok) {
        (uint256 rate, bool isRateInBounds) = _readRate();
        ok = _isSequencerUp() && isRateInBounds;
        low = type(uint256).max;
        uint256 highestLate;
        for (uint256 i = 0; i < PATH_COUNT; ++i) {
            (uint256 lastPrice, uint256 late, bool isInBounds) = _readPath(i, rate);
            low = Math.min(low, _markedDown(lastPrice, late));
            if (late == 0) high = Math.max(high, lastPrice);
            else highestLate = Math.max(highestLate, lastPrice);
            ok = ok && isInBounds && late == 0;
        }
        // Without a fresh path ok is false and high for display: the last price known, not marked down. Zero would show
        // every borrower as insolvent, and break low ≤ high.
        if (high == 0) high = highestLate;
    }

    /// @inheritdoc IPriceOracle
    function pathCount() external view returns (uint256) {
        return PATH_COUNT;
    }

    /// @notice One path by itself, for pages and bots.
    /// @return lastPrice In the unit of `price`, capped by the bounds but not marked down; 0 if it can't be read.
    /// @return late Seconds by which the later of its feeds has missed its heartbeat; 0 if one can't be read.
    /// @return isInBounds Every source of it could be read and is within its bounds.
    function reading(uint256 index) external view returns (uint256 lastPrice, uint256 late, bool isInBounds) {
        if (index >= PATH_COUNT) revert PathUnknown(index, PATH_COUNT);
        (uint256 rate, bool isRateInBounds) = _readRate();
        (lastPrice, late, isInBounds) = _readPath(index, rate);
        isInBounds = isInBounds && isRateInBounds;
    }

    /// @notice The feeds of a path. A side without a feed shows address 0 and 1 for both bounds.
    function path(uint256 index) external view returns (PathConfig memory) {
        if (index >= PATH_COUNT) revert PathUnknown(index, PATH_COUNT);
        return
            index == 0
                ? PathConfig({
                    collateral: FeedConfig(FEED_0, HEARTBEAT_0, MIN_ANSWER_0, MAX_ANSWER_0),
                    loan: FeedConfig(FEED_1, HEARTBEAT_1, MIN_ANSWER_1, MAX_ANSWER_1)
                })
                : PathConfig({
                    collateral: FeedConfig(FEED_2, HEARTBEAT_2, MIN_ANSWER_2, MAX_ANSWER_2),
                    loan: FeedConfig(FEED_3, HEARTBEAT_3, MIN_ANSWER_3, MAX_ANSWER_3)
                });
    }

    /// @notice Address 0 for the underlying if the collateral is not a vault token.
    function vault() external view returns (VaultConfig memory) {
        return VaultConfig({underlying: UNDERLYING, minRate: MIN_VAULT_RATE, maxRate: MAX_VAULT_RATE});
    }

    /// @notice Address 0 for the feed if the chain has no sequencer.
    function sequencer() external view returns (SequencerConfig memory) {
        return SequencerConfig({feed: SEQUENCER_FEED, gracePeriod: GRACE_PERIOD});
    }

    function loanAsset() external view returns (address) {
        return LOAN_ASSET;
    }

    function collateral() external view returns (address) {
        return COLLATERAL;
    }

    // Reading

    /// @dev The later of the two feeds marks the whole path down. A late loan feed hides a loan asset that may have
    ///      risen, which lowers the price just as a collateral that may have fallen does.
    function _readPath(
        uint256 index,
        uint256 rate
    ) private view returns (uint256 lastPrice, uint256 late, bool isInBounds) {
        (uint256 collateralAnswer, uint256 collateralLate, bool isCollateralInBounds) = index == 0
            ? _readCollateralSide(FEED_0, HEARTBEAT_0, MIN_ANSWER_0, MAX_ANSWER_0)
            : _readCollateralSide(FEED_2, HEARTBEAT_2, MIN_ANSWER_2, MAX_ANSWER_2);
        (uint256 loanAnswer, uint256 loanLate, bool isLoanInBounds) = index == 0
            ? _readLoanSide(FEED_1, HEARTBEAT_1, MIN_ANSWER_1, MAX_ANSWER_1)
            : _readLoanSide(FEED_3, HEARTBEAT_3, MIN_ANSWER_3, MAX_ANSWER_3);
        if (collateralAnswer == 0 || loanAnswer == 0) return (0, 0, false);

        lastPrice = _priceDown(index, collateralAnswer, loanAnswer, rate);
        late = Math.max(collateralLate, loanLate);
        isInBounds = isCollateralInBounds && isLoanInBounds;
    }

    /// @dev An answer that would flatter the collateral is capped; one that speaks against it is used as it is, so that
    ///      a collapse through a bound can't pass for an outage. Either way it is out of bounds.
    function _readCollateralSide(
        address feed,
        uint256 heartbeat,
        uint256 minAnswer,
        uint256 maxAnswer
    ) private view returns (uint256 answer, uint256 late, bool isInBounds) {
        (answer, late) = _readFeed(feed, heartbeat);
        isInBounds = answer >= minAnswer && answer <= maxAnswer;
        answer = Math.min(answer, maxAnswer);
    }

    /// @dev The other way round, since this answer divides: a low one flatters the collateral and is held at the minimum.
    function _readLoanSide(
        address feed,
        uint256 heartbeat,
        uint256 minAnswer,
        uint256 maxAnswer
    ) private view returns (uint256 answer, uint256 late, bool isInBounds) {
        (answer, late) = _readFeed(feed, heartbeat);
        isInBounds = answer >= minAnswer && answer <= maxAnswer;
        // Zero stays zero: unreadable, not low.
        if (answer != 0) answer = Math.max(answer, minAnswer);
    }

    /// @return answer 0 if there is no usable one; 1 where the path has no feed.
    function _readFeed(address feed, uint256 heartbeat) private view returns (uint256 answer, uint256 late) {
        if (feed == address(0)) return (1, 0);
        uint256 updatedAt;
        (answer, , updatedAt) = _latestRound(feed);
        if (updatedAt == 0 || updatedAt > block.timestamp) return (0, 0);
        // Takes the negative ones out too: read as unsigned they are larger still.
        if (answer > type(uint128).max) return (0, 0);
        // updatedAt is in the past, so the sum can't overflow.
        late = Math.saturatingSub(block.timestamp, updatedAt + heartbeat);
    }

    /// @return rate Capped; 0 if it can't be read, and then so is every path's price; 1 if there is no vault.
    function _readRate() private view returns (uint256 rate, bool isInBounds) {
        if (UNDERLYING == address(0)) return (1, true);
        rate = _askVault(COLLATERAL, RATE_SAMPLE);
        isInBounds = rate >= MIN_VAULT_RATE && rate <= MAX_VAULT_RATE;
        rate = Math.min(rate, MAX_VAULT_RATE);
    }

    function _isSequencerUp() private view returns (bool) {
        if (SEQUENCER_FEED == address(0)) return true;
        (uint256 answer, uint256 startedAt, ) = _latestRound(SEQUENCER_FEED);
        // Saturating, so that a start in the future counts as no time at all.
        return answer == 0 && startedAt != 0 && Math.saturatingSub(block.timestamp, startedAt) > GRACE_PERIOD;
    }

    /// @dev All zero if the feed can't be read: for a price feed an incomplete round, for a sequencer feed one not yet
    ///      set up. Neither is usable.
    function _latestRound(address feed) private view returns (uint256 answer, uint256 startedAt, uint256 updatedAt) {
        (uint256 size, uint256[5] memory round) = BoundedRead.read(
            feed,
            FEED_GAS,
            abi.encodeCall(IAggregatorV3.latestRoundData, ())
        );
        if (size >= ROUND_SIZE) (answer, startedAt, updatedAt) = (round[1], round[2], round[3]);
    }

    /// @dev Zero if the vault can't be read.
    function _askVault(address vault_, uint256 sample) private view returns (uint256) {
        (uint256 size, uint256[5] memory words) = BoundedRead.read(
            vault_,
            RATE_GAS,
            abi.encodeCall(IERC4626.convertToAssets, (sample))
        );
        return size < WORD_SIZE ? 0 : words[0];
    }

    // Calculating

    /// @dev Rounds down, high as well: low and high of a single path are one number.
    ///
    ///      Can't overflow: answer and rate are below 2^128 each and so is their product below 2^256; the loan answer is
    ///      below 2^128 and the divisor at most 1e30. The quotient grows with the two capped factors and falls with the
    ///      one held above its minimum, so it is at most what the constructor found for the bounds: MAX_PRICE.
    function _priceDown(
        uint256 index,
        uint256 collateralAnswer,
        uint256 loanAnswer,
        uint256 rate
    ) private view returns (uint256) {
        (uint256 multiplier, uint256 divisor) = index == 0 ? (MULTIPLIER_0, DIVISOR_0) : (MULTIPLIER_1, DIVISOR_1);
        return Math.mulDiv(collateralAnswer * rate, multiplier, loanAnswer * divisor);
    }

    /// @dev Rounds down. The products stay below 2^191 · 2^14 · 2^18.
    function _markedDown(uint256 lastPrice, uint256 late) private pure returns (uint256) {
        if (late == 0) return lastPrice;
        return (lastPrice * (BPS - LATE_MARK_DOWN_BPS) * Math.saturatingSub(LATE_WINDOW, late)) / (BPS * LATE_WINDOW);
    }

    // Construction

    function _checkSequencer(SequencerConfig memory config) private view {
        if (config.feed == address(0)) {
            if (config.gracePeriod != 0) revert AddressMissing("sequencer");
            return;
        }
        if (config.gracePeriod == 0 || config.gracePeriod > MAX_GRACE_PERIOD) {
            revert GracePeriodOutOfRange(config.gracePeriod, MAX_GRACE_PERIOD);
        }
        (uint256 answer, uint256 startedAt, ) = _latestRound(config.feed);
        if (startedAt == 0) revert FeedUnreadable(config.feed);
        // A price feed in its place would keep the market shut for ever.
        if (answer > 1) revert SequencerAnswerInvalid(config.feed, answer);
    }

    /// @dev Sets the bounds to 1 if there is no vault, the rate that this stands for.
    function _checkVault(VaultConfig memory config, address vault_) private view returns (uint256 rate) {
        if (config.underlying == address(0)) {
            if (config.minRate != 0 || config.maxRate != 0) revert AddressMissing("underlying");
            (config.minRate, config.maxRate) = (1, 1);
            return 1;
        }
        if (config.minRate >= config.maxRate) revert BoundsInvalid(vault_, config.minRate, config.maxRate);
        if (config.minRate < MIN_RATE) revert RateTooCoarse(config.minRate, MIN_RATE);

        (uint256 size, uint256[5] memory words) = BoundedRead.read(
            vault_,
            RATE_GAS,
            abi.encodeCall(IERC4626.asset, ())
        );
        address actual = size < WORD_SIZE ? address(0) : address(uint160(words[0]));
        if (actual != config.underlying) revert VaultAssetMismatch(vault_, actual, config.underlying);

        rate = _askVault(vault_, 10 ** _decimals(vault_, MAX_COLLATERAL_DECIMALS));
        if (rate == 0) revert RateUnreadable(vault_);
        if (rate < config.minRate || rate > config.maxRate) {
            revert AnswerOutOfBounds(vault_, rate, config.minRate, config.maxRate);
        }
    }

    /// @dev Sets the bounds of a side without a feed to 1, the answer that it stands for.
    function _checkFeeds(PathConfig[] memory paths, uint256 index) private view {
        FeedConfig memory collateralSide = paths[index].collateral;
        FeedConfig memory loanSide = paths[index].loan;
        if (collateralSide.feed == address(0) && loanSide.feed == address(0)) revert PathEmpty(index);
        // A feed on both sides is always 1. A feed in both paths makes them fail together.
        _checkNotRepeated(collateralSide.feed, loanSide.feed);
        if (index == 1) {
            _checkNotRepeated(collateralSide.feed, paths[0].collateral.feed);
            _checkNotRepeated(collateralSide.feed, paths[0].loan.feed);
            _checkNotRepeated(loanSide.feed, paths[0].collateral.feed);
            _checkNotRepeated(loanSide.feed, paths[0].loan.feed);
        }
        _checkFeed(collateralSide);
        _checkFeed(loanSide);
    }

    function _checkNotRepeated(address feed, address other) private pure {
        if (feed == other && feed != address(0)) revert FeedRepeated(feed);
    }

    function _checkFeed(FeedConfig memory config) private view {
        if (config.feed == address(0)) {
            // A forgotten address would leave the price in the wrong unit.
            if (config.heartbeat != 0 || config.minAnswer != 0 || config.maxAnswer != 0) revert AddressMissing("feed");
            (config.minAnswer, config.maxAnswer) = (1, 1);
            return;
        }
        if (config.heartbeat == 0 || config.heartbeat > MAX_HEARTBEAT) {
            revert HeartbeatOutOfRange(config.feed, config.heartbeat, MAX_HEARTBEAT);
        }
        if (config.minAnswer == 0 || config.minAnswer >= config.maxAnswer) {
            revert BoundsInvalid(config.feed, config.minAnswer, config.maxAnswer);
        }
        (uint256 answer, ) = _readFeed(config.feed, config.heartbeat);
        if (answer == 0) revert FeedUnreadable(config.feed);
        if (answer < config.minAnswer || answer > config.maxAnswer) {
            revert AnswerOutOfBounds(config.feed, answer, config.minAnswer, config.maxAnswer);
        }
    }

    /// @dev The exponent lies between -30 and 72, so each power and its product with an answer fit.
    function _scale(
        PathConfig memory config,
        int256 tokenExponent
    ) private view returns (uint256 multiplier, uint256 divisor) {
        int256 exponent = tokenExponent + _feedDecimals(config.loan.feed) - _feedDecimals(config.collateral.feed);
        multiplier = exponent < 0 ? 1 : 10 ** uint256(exponent);
        divisor = exponent < 0 ? 10 ** uint256(-exponent) : 1;
    }

    function _checkPriceRange(PathConfig memory config, VaultConfig memory vault_, uint256 index) private view {
        (uint256 multiplier, uint256 divisor) = index == 0 ? (MULTIPLIER_0, DIVISOR_0) : (MULTIPLIER_1, DIVISOR_1);
        (uint256 upperHalf, ) = Math.mul512(uint256(config.collateral.maxAnswer) * vault_.maxRate, multiplier);
        if (upperHalf >= config.loan.minAnswer * divisor) revert PriceTooLarge(index, type(uint256).max, MAX_PRICE);
        uint256 highest = _priceDown(index, config.collateral.maxAnswer, config.loan.minAnswer, vault_.maxRate);
        if (highest > MAX_PRICE) revert PriceTooLarge(index, highest, MAX_PRICE);
        uint256 lowest = _priceDown(index, config.collateral.minAnswer, config.loan.maxAnswer, vault_.minRate);
        if (lowest < MIN_PRICE) revert PriceTooSmall(index, lowest, MIN_PRICE);
    }

    function _checkAgreement(uint256 rate) private view {
        (uint256 firstPrice, , ) = _readPath(0, rate);
        (uint256 secondPrice, , ) = _readPath(1, rate);
        (uint256 lower, uint256 higher) = firstPrice < secondPrice
            ? (firstPrice, secondPrice)
            : (secondPrice, firstPrice);
        // The largest gap allowed, rounded down.
        if (higher - lower > (lower * MAX_INITIAL_GAP_BPS) / BPS) revert PathsDisagree(firstPrice, secondPrice);
    }

    function _feedDecimals(address feed) private view returns (int256) {
        return feed == address(0) ? int256(0) : int256(_decimals(feed, MAX_DECIMALS));
    }

    function _decimals(address source, uint256 maximum) private view returns (uint256 decimals_) {
        (uint256 size, uint256[5] memory words) = BoundedRead.read(
            source,
            FEED_GAS,
            abi.encodeCall(IERC20Metadata.decimals, ())
        );
        if (size < WORD_SIZE) revert DecimalsUnreadable(source);
        decimals_ = words[0];
        if (decimals_ > maximum) revert TooManyDecimals(source, decimals_, maximum);
    }
}
