// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolErrors} from "../interfaces/IPoolErrors.sol";
import {IPoolEvents} from "../interfaces/IPoolEvents.sol";
import {CertificateBook} from "../libraries/Certificates.sol";
import {TickLedger} from "../libraries/ShortfallLedger.sol";
import {Book, Config, Cushion, FundBook, Meter, Position} from "./PackedState.sol";
import {PoolTerms, Terms} from "./PoolTerms.sol";

/// @notice A supplier's word, in a struct so that code can point at it and find it once.
struct Account {
    uint256 word;
}

/// @notice A borrower's word, likewise.
struct PositionSlot {
    Position word;
}

/// @notice All state of a pool, by slot. The packed words are described in PackedState; the ones that a healthy
/// supply, withdrawal, loan or repayment reads come first.
/// @dev As of: `_book`'s fee units, the index and the rate are as of the meter's last accrual; everything else is
/// current.
abstract contract PoolStorage is IPoolErrors, IPoolEvents, PoolTerms {
    // ---------------------------------------------------------------- hot

    Book internal _book;
    Meter internal _meter;
    Cushion internal _cushion;
    FundBook internal _fundBook;
    Config internal _config;

    // Share balances: shares 112 | lossSeen 128, the certificates' lossPerShare up to which the holder is settled.
    // The pool's and the fund's own balances are in `_cushion`.
    mapping(address account => Account) internal _accounts;
    mapping(address borrower => PositionSlot) internal _positions;
    TickLedger internal _ledger;

    // ---------------------------------------------------------------- cold

    CertificateBook internal _certificates;

    // Per generation, what a unit of cooling shares is worth, times 1e27; 0 stands for 1e27.
    mapping(uint256 generation => uint256) internal _coolingIndexRay;

    // Who may borrow, withdraw collateral and claim for whom.
    mapping(address owner => mapping(address operator => bool)) internal _operators;

    // The estate: assets owed, collateral for sale, and its start in 2^-32 seconds.
    uint128 internal _estateDebt;
    uint128 internal _estateCollateral;
    uint64 internal _estateStart;

    // A pause ends by itself at this time.
    uint40 internal _pausedUntil;
    // The lltv falls from `_rampFromBps` at `_rampStart` to the configured one at `_rampEnd`.
    uint40 internal _rampStart;
    uint40 internal _rampEnd;
    uint16 internal _rampFromBps;
    bool internal _isWindingDown;

    address internal _pendingOracle;
    uint40 internal _pendingOracleFrom;

    // What is fixed for life, for the modules; the pool itself has it in its code.
    Terms internal _terms;

    // One lock for everything with an external call in it. Cleared with the transaction.
    uint256 internal transient _lockState; // 1 while locked; a whole word, so that setting it reads nothing

    modifier locked() {
        _lock();
        _;
        _lockState = 0;
    }

    function _lock() private {
        _requireUnlocked();
        _lockState = 1;
    }

    function _requireUnlocked() internal view {
        if (_isLocked()) revert Locked();
    }

    function _isLocked() internal view returns (bool) {
        return _lockState != 0;
    }
}
