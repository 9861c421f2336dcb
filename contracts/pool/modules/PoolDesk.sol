// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {BPS, WAD} from "../../libraries/Constants.sol";
import {ShortfallLedger, TickLedger} from "../../libraries/ShortfallLedger.sol";
import {Book, Meter} from "../PackedState.sol";
import {ModuleTerms} from "./ModuleTerms.sol";
import {PoolGovernance} from "./PoolGovernance.sol";

/// @title The pool's desk: what is called rarely
/// @notice Code that a pool runs by delegatecall, in its own storage: estate, the fund's book, recoveries, governance.
/// It exists because one contract can't hold all of it (24,576 bytes). It holds no money and no state; called directly
/// it acts on its own empty storage, where nobody has a role and there is nothing to take.
contract PoolDesk is PoolGovernance, ModuleTerms {
    using ShortfallLedger for TickLedger;

    constructor() ERC20("", "") ERC20Permit("") AccessManaged(address(1)) {}

    function accrue() external locked {
        (Book book, Meter meter) = _accrued();
        _store(book, meter);
    }

    function pivot() external locked {
        (, Meter meter) = _accrued();
        (uint256 low, , ) = _price(_config);
        uint256 recovery = (low * BPS) / _lifFloorBps();
        uint256 threshold = _threshold((recovery * WAD) / meter.borrowIndex());
        _book = _ledger.setPivot(_book, threshold);
        emit Pivoted(threshold);
    }
}
