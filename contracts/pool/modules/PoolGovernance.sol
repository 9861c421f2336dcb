// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IPriceOracle} from "../../interfaces/IPriceOracle.sol";
import {
    BPS,
    MAX_RAMP,
    MIN_WIND_DOWN_RAMP,
    ORACLE_DELAY,
    PAUSE_COOLDOWN,
    PAUSE_PERIOD,
    SECONDS_PER_LTV_BP,
    VIRTUAL_ASSETS,
    VIRTUAL_SHARES
} from "../../libraries/Constants.sol";
import {Parameters} from "../../libraries/Parameters.sol";
import {Rounding} from "../../libraries/Rounding.sol";
import {Book, Config, Cushion, FundBook, Meter} from "../PackedState.sol";
import {PoolRecovery} from "./PoolRecovery.sol";

/// @notice What roles may do. Tightening and loosening are functions of their own, so that the authority can let one
/// happen at once and hold the other back. None of them moves a user's money or sets a price.
abstract contract PoolGovernance is PoolRecovery {
    using SafeERC20 for IERC20;

    // ---------------------------------------------------------------- pause

    function pause() external restricted {
        uint256 allowedAt = _pausedUntil + PAUSE_COOLDOWN;
        if (_pausedUntil != 0 && block.timestamp < allowedAt) revert PauseCoolingDown(allowedAt);
        _pausedUntil = uint40(block.timestamp + PAUSE_PERIOD);
        _config = _config.withPaused(true);
        emit PauseSet(_pausedUntil);
    }

    function unpause() external restricted {
        if (!_isPaused(_config)) revert NotPaused();
        _pausedUntil = uint40(block.timestamp);
        _config = _config.withPaused(false);
        emit PauseSet(block.timestamp);
    }

    // ---------------------------------------------------------------- caps

    function lowerCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external restricted {
        Config config = _config;
        if (supplyCapTokens > config.supplyCapTokens()) {
            revert NotTightening(config.supplyCapTokens(), supplyCapTokens);
        }
        if (borrowCapTokens > config.borrowCapTokens()) {
            revert NotTightening(config.borrowCapTokens(), borrowCapTokens);
        }
        _setCaps(config, supplyCapTokens, borrowCapTokens);
    }

    function raiseCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external restricted {
        Config config = _config;
        if (supplyCapTokens < config.supplyCapTokens()) {
            revert NotLoosening(config.supplyCapTokens(), supplyCapTokens);
        }
        if (borrowCapTokens < config.borrowCapTokens()) {
            revert NotLoosening(config.borrowCapTokens(), borrowCapTokens);
        }
        _setCaps(config, supplyCapTokens, borrowCapTokens);
    }

    function _setCaps(Config config, uint256 supplyCapTokens, uint256 borrowCapTokens) private {
        Parameters.requireCaps(supplyCapTokens, borrowCapTokens);
        _config = config.withCaps(supplyCapTokens, borrowCapTokens);
        emit CapsSet(supplyCapTokens, borrowCapTokens);
    }

    // ---------------------------------------------------------------- LTVs

    function lowerLtvs(uint16 borrowLtvBps, uint16 lltvBps, uint32 rampSeconds) external restricted {
        Config config = _config;
        if (borrowLtvBps > config.borrowLtvBps()) revert NotTightening(config.borrowLtvBps(), borrowLtvBps);
        uint256 from = _lltvNow(config);
        uint256 end = config.lltvBps();
        if (lltvBps > end) revert NotTightening(end, lltvBps);
        // Nor may the line of a ramp under way become flatter.
        uint256 left = config.isRamping() ? Rounding.monus(_rampEnd, block.timestamp) : 0;
        if ((from - end) * rampSeconds > (from - lltvBps) * left) revert NotTightening(left, rampSeconds);
        if (borrowLtvBps >= lltvBps) revert InvalidParameter("borrowLtvBps", borrowLtvBps, lltvBps);
        Parameters.atLeast("rampSeconds", rampSeconds, (from - lltvBps) * SECONDS_PER_LTV_BP);
        _startRamp(config, borrowLtvBps, lltvBps, rampSeconds);
    }

    function raiseLtvs(uint16 borrowLtvBps, uint16 lltvBps) external restricted {
        if (_isWindingDown) revert WindingDown();
        Config config = _config;
        if (borrowLtvBps < config.borrowLtvBps()) revert NotLoosening(config.borrowLtvBps(), borrowLtvBps);
        if (lltvBps < _lltvNow(config)) revert NotLoosening(_lltvNow(config), lltvBps);
        Parameters.requireLtvs(borrowLtvBps, lltvBps, _lifPeakBps(), _repayTargetBps());
        _config = config.withLtvs(borrowLtvBps, lltvBps).withRamping(false);
        emit LtvsSet(borrowLtvBps, lltvBps, 0);
    }

    /// The borrow LTV drops at once, the lltv in a line: nobody who was safe is liquidated by surprise.
    function _startRamp(Config config, uint256 borrowLtvBps, uint256 lltvBps, uint256 rampSeconds) private {
        if (_isWindingDown) revert WindingDown();
        uint256 from = _lltvNow(config);
        Parameters.atMost("rampSeconds", rampSeconds, MAX_RAMP);
        _rampFromBps = uint16(from);
        _rampStart = uint40(block.timestamp);
        _rampEnd = uint40(block.timestamp + rampSeconds);
        _config = config.withLtvs(borrowLtvBps, lltvBps).withRamping(true);
        emit LtvsSet(borrowLtvBps, lltvBps, rampSeconds);
    }

    // ---------------------------------------------------------------- fees

    function setFees(
        uint8 reserveFeePercent,
        uint8 fundFeePercent,
        uint16 reserveTargetBps
    ) external restricted locked {
        Parameters.requireFees(reserveFeePercent, fundFeePercent, reserveTargetBps);
        (Book book, Meter meter) = _crystallise();
        FundBook fundBook = _fundBook.withFees(reserveFeePercent, fundFeePercent, reserveTargetBps);
        _fundBook = fundBook;
        _store(book, meter.withFeePercent(_feePercentNow(fundBook, _cushion.reserveShares(), meter.shares())));
        emit FeesSet(reserveFeePercent, fundFeePercent, reserveTargetBps);
    }

    function withdrawReserve(uint256 assets, address receiver) external restricted locked {
        if (assets == 0) revert ZeroAmount();
        _requireReceiver(receiver);
        (Book book, Meter meter) = _crystallise();
        (uint256 low, ) = _okPrice(_config);
        uint256 shortfall = _shortfall(book, meter, low);
        if (shortfall != 0) revert ShortfallExists(shortfall);

        uint256 value = _grossAssets(book, meter) + VIRTUAL_ASSETS;
        uint256 supply = meter.shares() + VIRTUAL_SHARES;
        uint256 shares = Rounding.mulDivUp(assets, supply, value);
        Cushion cushion = _cushion;
        uint256 reserve = cushion.reserveShares();
        uint256 targetShares = Rounding.mulDivUp(meter.shares(), _fundBook.reserveTargetBps(), BPS);
        if (shares + targetShares > reserve) {
            revert ReserveBelowTarget(
                Rounding.mulDivDown(reserve, value, supply),
                Rounding.mulDivUp(targetShares, value, supply)
            );
        }
        _cushion = cushion.withShares(reserve - shares, cushion.fundShares());
        _store(book.subCash(assets), meter.subShares(shares));
        emit Transfer(address(this), address(0), shares);
        emit ReserveWithdrawn(receiver, assets, shares);
        _asset().safeTransfer(receiver, assets);
    }

    // ---------------------------------------------------------------- oracle

    function scheduleOracle(IPriceOracle oracle) external restricted {
        Config config = _config;
        if (config.isOraclePending()) revert OracleChangePending(_pendingOracle);
        (uint256 low, uint256 high, bool ok) = _read(address(oracle));
        if (!ok) revert OracleNotOk(low, high);
        uint256 executableAt = block.timestamp + ORACLE_DELAY;
        _pendingOracle = address(oracle);
        _pendingOracleFrom = uint40(executableAt);
        _config = config.withOraclePending(true);
        emit OracleScheduled(address(oracle), executableAt);
    }

    function executeOracle() external restricted {
        Config config = _config;
        if (!config.isOraclePending()) revert NoPendingOracle();
        if (block.timestamp < _pendingOracleFrom) revert TooEarly(block.timestamp, _pendingOracleFrom);
        address oracle = _pendingOracle;
        // It must still answer: a market whose oracle is silent stands still until the next one has waited its time.
        (uint256 low, uint256 high, bool ok) = _read(oracle);
        if (!ok) revert OracleNotOk(low, high);
        _config = config.withOracle(oracle).withOraclePending(false);
        (_pendingOracle, _pendingOracleFrom) = (address(0), 0);
        emit OracleSet(oracle);
    }

    function cancelOracle() external restricted {
        Config config = _config;
        if (!config.isOraclePending()) revert NoPendingOracle();
        emit OracleCancelled(_pendingOracle);
        _config = config.withOraclePending(false);
        (_pendingOracle, _pendingOracleFrom) = (address(0), 0);
    }

    // ---------------------------------------------------------------- after a loss, and the end

    function reopenBorrowing() external restricted {
        if (_isWindingDown) revert WindingDown();
        _book = _book.withBorrowingHalted(false);
        emit BorrowingHaltSet(false);
    }

    function windDown(uint32 rampSeconds) external restricted {
        Parameters.atLeast("rampSeconds", rampSeconds, MIN_WIND_DOWN_RAMP);
        _startRamp(_config, 0, 0, rampSeconds);
        _isWindingDown = true;
        _config = _config.withClosed();
        _book = _book.withBorrowingHalted(true);
        emit WindDownStarted(rampSeconds);
    }
}
