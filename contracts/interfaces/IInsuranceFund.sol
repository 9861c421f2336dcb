// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @notice What every ERC-7540 vault has. ERC-165 id 0xe3bc4e65.
interface IERC7540Operator {
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Let `operator` act for the caller in everything that concerns requests. Trust it with all your units.
    function setOperator(address operator, bool approved) external returns (bool success);

    function isOperator(address controller, address operator) external view returns (bool status);
}

/// @notice Redeeming in two steps by ERC-7540. ERC-165 id 0x620ee8e4. What the standard calls shares are units here.
interface IERC7540Redeem {
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Burn `units` of `owner` and let the pool shares behind them cool, rounded down. Each request has its own
    /// id and its own clock.
    /// @dev The caller must be able to act for both `owner` and `controller`: be it, or be its operator. An allowance
    /// is not enough, and nobody is made controller of a request unasked: so no stranger fills another's list.
    function requestRedeem(uint256 units, address controller, address owner) external returns (uint256 requestId);

    /// @notice Units still cooling in a request; zero for a wrong controller.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 units);

    /// @notice Units of a request that can be claimed now; zero for a wrong controller.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 units);
}

/// @notice Where a request stands.
enum RequestStatus {
    None, // never made, or all of it claimed or returned
    Pending, // cooling
    Claimable, // cooled; its window is open
    Expired, // its window is over: anyone can return it to active
    Void // the fund was wiped since, or worn down so far that nothing is left of the request
}

/// @notice The insurance fund of one pool: its stakers take that pool's losses right after the reserve, before any
/// other supplier loses a wei, and are paid a part of the interest for it.
/// @dev What it is: a junior tranche of its own pool. The stake is pool shares, and a loss is covered by burning them;
/// the fund brings no outside cash, and when the pool as a whole fails it is worth nothing.
///
/// Stakers hold units, an ERC-20. The fund's pool shares are `active` or `cooling`. Active ones earn the premium; those
/// of redeem requests are cooling and do not. Both take losses pro rata. Units are a claim on the active shares alone.
///
/// The way in is ERC-4626, in one step. The way out is ERC-7540: request, wait 14 days, claim within 7 days. A claim is
/// paid in pool shares, net of the visible claims on the fund: what the oracle shows as lost is withheld, so that
/// nobody leaves ahead of a loss. What is withheld falls to the remaining stakers.
///
/// When the fund is wiped, the pool moves eight generations on. Units, and requests, from before are void: balances and
/// the supply read zero without any Transfer event (the pool's burn of the fund's last shares says it). Allowances stay.
/// When losses have worn the fund down to about a billionth, the pool moves one generation on: units and requests from
/// before count a billionth of what they did, which is what they are worth.
///
/// The fund holds no money but pool shares, and of those the pool keeps the book. No role, no pause, no oracle, and
/// code that can't be changed. Every rounding is against the caller.
///
/// While the pool is inside a callback all limits and request amounts read zero, and prices revert with the pool's error
/// Locked.
interface IInsuranceFund is IERC4626, IERC20Permit, IERC7540Operator, IERC7540Redeem, IERC165 {
    error ZeroAmount();
    error BelowMinimum(uint256 amount, uint256 minimum);
    error AboveMaximum(uint256 amount, uint256 maximum);
    error FieldOverflow(uint256 value, uint256 maximum);
    error NotAuthorised(address caller, address account);
    error TooManyRequests(address controller, uint256 maximum);
    error RequestNotOpen(uint256 requestId);
    error RequestNotExpired(uint256 requestId, uint256 timestamp, uint256 expiresAt);
    error RequestVoid(uint256 requestId, uint256 requestGeneration, uint256 currentGeneration);
    error ExceedsClaimable(address controller, uint256 requested, uint256 claimable);
    error PreviewUnsupported();

    /// @notice The request's units became `poolShares`, now cooling, for which the pool has issued `coolingUnits`.
    event CoolingStarted(uint256 indexed requestId, uint256 poolShares, uint256 coolingUnits);

    /// @notice A claim took `units` and `coolingUnits` from a request. The money is in the Withdraw event.
    event RequestClaimed(uint256 indexed requestId, uint256 units, uint256 coolingUnits);

    /// @notice A request was closed: `poolShares` are active again, and the controller got `units` for them.
    event RequestReturned(
        uint256 indexed requestId,
        address indexed controller,
        address indexed caller,
        uint256 poolShares,
        uint256 units
    );

    // ---------------------------------------------------------------- in

    /// @notice Stake exactly `poolShares`. Units are rounded down.
    /// @dev The rate ignores the visible shortfall: who stakes into one takes a part of it.
    /// @param minUnits the least to accept.
    function deposit(uint256 poolShares, address receiver, uint256 minUnits) external returns (uint256 units);

    /// @notice Mint exactly `units`. Pool shares are rounded up.
    /// @param maxPoolShares the most to pay.
    function mint(uint256 units, address receiver, uint256 maxPoolShares) external returns (uint256 poolShares);

    // ---------------------------------------------------------------- out

    /// @notice Claim `units` of the controller's claimable requests, oldest first.
    /// @dev Caller is the controller or its operator. A part of a request takes the same part of its cooling shares,
    /// rounded down; the last part takes the rest. Reverts rather than give up units for nothing. The form without a
    /// least reverts where anything would be withheld, and `maxRedeem` is zero then.
    /// @param minPoolShares the least to accept; type(uint256).max stands for the whole worth.
    /// @return poolShares what the pool paid to `receiver`, net of the visible claims on the fund.
    function redeem(
        uint256 units,
        address receiver,
        address controller,
        uint256 minPoolShares
    ) external returns (uint256 poolShares);

    /// @notice Claim `poolShares` out of the controller's claimable requests, oldest first. Units are rounded up.
    /// @dev Never pays less. Rounding can make it pay more: at most 3 of the share's smallest unit and what one unit
    /// and one of the pool's cooling units are worth; the claimant gives the units for it. The form without a most
    /// reverts where anything would be withheld, and `maxWithdraw` is zero then.
    /// @param maxUnits the most units to give.
    function withdraw(
        uint256 poolShares,
        address receiver,
        address controller,
        uint256 maxUnits
    ) external returns (uint256 units);

    /// @notice Close a request, pending, claimable or expired; its pool shares become active again and the controller
    /// gets units for them at the present rate, rounded down.
    /// @dev Caller is the controller or its operator.
    function cancelRedeem(uint256 requestId) external returns (uint256 units);

    /// @notice The same for an expired request, by anyone.
    function returnExpired(uint256 requestId) external returns (uint256 units);

    // ---------------------------------------------------------------- views

    /// @notice The token of the units: this contract (ERC-7575).
    function share() external view returns (address);

    /// @notice A request: its controller, the units and the pool's cooling units left in it, the time from which it can
    /// be claimed and the time from which it no longer can. Zeros if it was closed or never made.
    function requestOf(
        uint256 requestId
    )
        external
        view
        returns (
            address controller,
            uint256 units,
            uint256 coolingUnits,
            uint256 claimableAt,
            uint256 expiresAt,
            RequestStatus status
        );

    /// @notice Ids of the controller's open requests, oldest first, expired ones included, void ones not.
    function openRequests(address controller) external view returns (uint256[] memory requestIds);

    function coolingPeriod() external view returns (uint256);

    function claimWindow() external view returns (uint256);

    /// @notice A controller has at most this many open requests, so that a claim's cost is bounded.
    function maxOpenRequests() external view returns (uint256);
}
