// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IERC7540Operator, IERC7540Redeem, IInsuranceFund, RequestStatus} from "./interfaces/IInsuranceFund.sol";
import {ILendingPool} from "./interfaces/ILendingPool.sol";
import {FUND_GENERATION_STEP, FUND_WIPE_GENERATIONS} from "./libraries/Constants.sol";

/// @notice The insurance fund of one pool: who staked pool shares, who is leaving, and since when.
/// @dev Duty: units and requests. Money: pool shares, whose amounts (active, cooling) and generation the pool keeps, so
/// that a loss is bookkeeping inside the pool and never calls here. Callers: anyone, for their own account. Trusts: the
/// pool, which deployed it and never calls it.
contract InsuranceFund is ERC20Permit, IInsuranceFund {
    uint256 private constant COOLING_PERIOD = 14 days;
    uint256 private constant CLAIM_WINDOW = 7 days;
    uint256 private constant MAX_OPEN_REQUESTS = 16;

    /// Units and pool shares that nobody owns: a million units to a share at the start, so that moving the rate by a
    /// gift costs a million times what it can take from a staker. And they keep the rate defined with nothing active.
    uint8 private constant VIRTUAL_UNIT_DECIMALS = 6;
    uint256 private constant VIRTUAL_UNITS = 10 ** VIRTUAL_UNIT_DECIMALS;
    uint256 private constant VIRTUAL_POOL_SHARES = 1;

    /// Within a generation losses leave at least a billionth of a stake: at most about 1e15 units a pool share, 2^162
    /// for the 2^112 there can be. Should rounding drive a fund of a few wei past it, nobody enters until it is wiped.
    uint256 private constant MAX_UNITS = type(uint208).max;

    /// As the least that a claim accepts: all that it is worth, nothing withheld. The standard's forms, which name no
    /// limit, mean this: else whoever can lower the oracle's low for a moment would let them go for nearly nothing.
    uint256 private constant WHOLE_WORTH = type(uint256).max;

    /// Units are of the generation beside them; see `_aged` for what they count later.
    struct Holding {
        uint208 units;
        uint48 generation;
    }

    struct Request {
        address controller;
        uint48 requestedAt;
        uint48 generation;
        /// Fund units and the pool's cooling units not yet claimed.
        uint256 units;
        uint256 coolingUnits;
    }

    /// A controller's open requests, oldest first: the first `length` of `requestIds`. `generation` is that of the newest:
    /// after a wipe all are void.
    struct Queue {
        uint48 generation;
        uint8 length;
        uint64[MAX_OPEN_REQUESTS] requestIds;
    }

    ILendingPool private immutable POOL;
    uint8 private immutable DECIMALS;

    Holding private _supply;
    mapping(address account => Holding) private _holdings;

    uint64 private _lastRequestId;
    mapping(uint256 requestId => Request) private _requests;
    mapping(address controller => Queue) private _queues;

    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// The pool runs this in its own constructor and has no code yet: must not call it. The name, which is also that of
    /// the signing domain, has at most 31 bytes.
    constructor(
        ILendingPool pool,
        string memory name,
        string memory symbol,
        uint8 poolShareDecimals
    ) ERC20(name, symbol) ERC20Permit(name) {
        POOL = pool;
        DECIMALS = poolShareDecimals + VIRTUAL_UNIT_DECIMALS;
    }

    // ---------------------------------------------------------------- in

    function deposit(uint256 poolShares, address receiver) external returns (uint256 units) {
        return deposit(poolShares, receiver, 0);
    }

    function deposit(uint256 poolShares, address receiver, uint256 minUnits) public returns (uint256 units) {
        (uint256 activeShares, uint256 supply, uint256 generation) = _account();
        units = _toUnitsDown(poolShares, activeShares, supply);
        if (units < minUnits) revert BelowMinimum(units, minUnits);
        _enter(poolShares, units, receiver, generation);
    }

    function mint(uint256 units, address receiver) external returns (uint256 poolShares) {
        return mint(units, receiver, type(uint256).max);
    }

    function mint(uint256 units, address receiver, uint256 maxPoolShares) public returns (uint256 poolShares) {
        (uint256 activeShares, uint256 supply, uint256 generation) = _account();
        poolShares = _toSharesUp(units, activeShares, supply);
        if (poolShares > maxPoolShares) revert AboveMaximum(poolShares, maxPoolShares);
        _enter(poolShares, units, receiver, generation);
    }

    function _enter(uint256 poolShares, uint256 units, address receiver, uint256 generation) private {
        if (units == 0) revert ZeroAmount();
        if (receiver == address(0)) revert ERC20InvalidReceiver(receiver);
        _move(address(0), receiver, units, generation);
        emit Deposit(msg.sender, receiver, poolShares, units);
        POOL.transferFrom(msg.sender, address(this), poolShares);
    }

    // ---------------------------------------------------------------- request

    function requestRedeem(uint256 units, address controller, address owner) external returns (uint256 requestId) {
        _requireActsFor(owner);
        _requireActsFor(controller);
        (uint256 activeShares, uint256 supply, uint256 generation) = _account();
        _move(owner, address(0), units, generation);
        uint256 poolShares = _toSharesDown(units, activeShares, supply);
        requestId = _enqueue(controller, generation);
        emit RedeemRequest(controller, owner, requestId, msg.sender, units);

        uint256 coolingUnits = POOL.startCooling(poolShares);
        if (coolingUnits == 0) revert ZeroAmount();
        _requests[requestId] = Request(controller, uint48(block.timestamp), uint48(generation), units, coolingUnits);
        emit CoolingStarted(requestId, poolShares, coolingUnits);
    }

    function cancelRedeem(uint256 requestId) external returns (uint256 units) {
        _requireActsFor(_openRequest(requestId).controller);
        return _returnToActive(requestId);
    }

    function returnExpired(uint256 requestId) external returns (uint256 units) {
        uint256 expiresAt = _openRequest(requestId).requestedAt + COOLING_PERIOD + CLAIM_WINDOW;
        if (block.timestamp < expiresAt) revert RequestNotExpired(requestId, block.timestamp, expiresAt);
        return _returnToActive(requestId);
    }

    /// Returning nothing is not an error: a request worth nothing must not stay in the queue for ever.
    function _returnToActive(uint256 requestId) private returns (uint256 units) {
        Request storage stored = _requests[requestId];
        (uint256 activeShares, uint256 supply, uint256 generation) = _account();
        if (_refreshed(stored, generation) == RequestStatus.Void) {
            revert RequestVoid(requestId, stored.generation, generation);
        }
        Request memory request = stored;

        _dequeue(request.controller, requestId);
        delete _requests[requestId];
        uint256 poolShares = POOL.stopCooling(request.coolingUnits);
        units = _toUnitsDown(poolShares, activeShares, supply);
        _move(address(0), request.controller, units, generation);
        emit RequestReturned(requestId, request.controller, msg.sender, poolShares, units);
    }

    // ---------------------------------------------------------------- claim

    function redeem(uint256 units, address receiver, address controller) external returns (uint256) {
        return redeem(units, receiver, controller, WHOLE_WORTH);
    }

    function redeem(
        uint256 units,
        address receiver,
        address controller,
        uint256 minPoolShares
    ) public returns (uint256 poolShares) {
        _requireActsFor(controller);
        return _claim(units, Math.max(minPoolShares, 1), receiver, controller, _generation());
    }

    function withdraw(uint256 poolShares, address receiver, address controller) external returns (uint256) {
        return _withdraw(poolShares, receiver, controller, type(uint256).max, true);
    }

    function withdraw(
        uint256 poolShares,
        address receiver,
        address controller,
        uint256 maxUnits
    ) external returns (uint256) {
        return _withdraw(poolShares, receiver, controller, maxUnits, false);
    }

    function _withdraw(
        uint256 poolShares,
        address receiver,
        address controller,
        uint256 maxUnits,
        bool isWholeWorth
    ) private returns (uint256 units) {
        _requireActsFor(controller);
        if (poolShares == 0) revert ZeroAmount();
        uint256 generation = _generation();
        units = _unitsToWithdraw(poolShares, controller, generation, isWholeWorth);
        if (units > maxUnits) revert AboveMaximum(units, maxUnits);
        _claim(units, poolShares, receiver, controller, generation);
    }

    function _claim(
        uint256 units,
        uint256 minPoolShares,
        address receiver,
        address controller,
        uint256 generation
    ) private returns (uint256 poolShares) {
        if (units == 0) revert ZeroAmount();
        uint256 coolingUnits = _takeClaimable(units, controller, generation);
        if (minPoolShares == WHOLE_WORTH) {
            (uint256 grossShares, ) = POOL.previewLeaveFund(coolingUnits);
            minPoolShares = Math.max(grossShares, 1);
        }
        poolShares = POOL.leaveFund(coolingUnits, minPoolShares, receiver);
        emit Withdraw(msg.sender, receiver, controller, poolShares, units);
    }

    /// Takes `units` out of the claimable requests, oldest first, and closes up the queue in the same pass.
    function _takeClaimable(
        uint256 units,
        address controller,
        uint256 generation
    ) private returns (uint256 coolingUnits) {
        Queue storage queue = _liveQueue(controller, generation);
        uint256 length = queue.length;
        uint256 kept;
        uint256 missing = units;
        for (uint256 i; i < length; ++i) {
            uint64 requestId = queue.requestIds[i];
            Request storage request = _requests[requestId];
            RequestStatus status = _refreshed(request, generation);
            if (missing != 0 && status == RequestStatus.Claimable) {
                uint256 taken = Math.min(missing, request.units);
                missing -= taken;
                coolingUnits += _take(requestId, request, taken);
            }
            if (request.units != 0 && status != RequestStatus.Void) {
                queue.requestIds[kept] = requestId;
                ++kept;
            }
        }
        if (missing != 0) revert ExceedsClaimable(controller, units, units - missing);
        queue.length = uint8(kept); // ≤ MAX_OPEN_REQUESTS
    }

    function _take(uint256 requestId, Request storage request, uint256 units) private returns (uint256 coolingUnits) {
        uint256 allUnits = request.units;
        uint256 allCoolingUnits = request.coolingUnits;
        coolingUnits = _mulDivDown(allCoolingUnits, units, allUnits);
        emit RequestClaimed(requestId, units, coolingUnits);
        if (units == allUnits) {
            delete _requests[requestId];
        } else {
            request.units = allUnits - units;
            request.coolingUnits = allCoolingUnits - coolingUnits;
        }
    }

    /// The units whose claim pays at least `poolShares`; none where that has to be the whole worth and is not.
    function _unitsToWithdraw(
        uint256 poolShares,
        address controller,
        uint256 generation,
        bool isWholeWorth
    ) private view returns (uint256 units) {
        Queue storage queue = _liveQueue(controller, generation);
        (, uint256 claimableCooling) = _claimable(controller, generation);
        uint256 grossShares;
        uint256 paidShares;
        if (claimableCooling != 0) (grossShares, paidShares) = POOL.previewLeaveFund(claimableCooling);
        if (isWholeWorth && paidShares < grossShares) paidShares = 0;
        if (poolShares > paidShares) revert ExceedsClaimable(controller, poolShares, paidShares);

        // c cooling units pay floor(floor(c·p)·n) with n ≤ 1, which is more than c·p·n − 2; all of them, C, pay
        // `paidShares` ≤ C·p·n. So c ≥ C·(poolShares + 1)/paidShares pays more than poolShares − 1.
        uint256 missing = Math.min(claimableCooling, _mulDivUp(claimableCooling, poolShares + 1, paidShares));
        for (uint256 i; missing != 0; ++i) {
            Request storage request = _requests[queue.requestIds[i]];
            if (_statusOf(request, generation) != RequestStatus.Claimable) continue;
            uint256 coolingUnits = _aged(request.coolingUnits, request.generation, generation);
            uint256 taken = Math.min(missing, coolingUnits);
            missing -= taken;
            units += _mulDivUp(_aged(request.units, request.generation, generation), taken, coolingUnits);
        }
    }

    // ---------------------------------------------------------------- operators

    function setOperator(address operator, bool approved) external returns (bool success) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    function _requireActsFor(address account) private view {
        if (msg.sender != account && !isOperator[account][msg.sender]) revert NotAuthorised(msg.sender, account);
    }

    // ---------------------------------------------------------------- requests and queues

    /// The request, which may be void. Reverts if there is none.
    function _openRequest(uint256 requestId) private view returns (Request storage request) {
        request = _requests[requestId];
        if (request.controller == address(0)) revert RequestNotOpen(requestId);
    }

    /// The controller's queue; reverts if all that is in it is void.
    function _liveQueue(address controller, uint256 generation) private view returns (Queue storage queue) {
        queue = _queues[controller];
        if (queue.length != 0 && _lengthOf(queue, generation) == 0) {
            revert RequestVoid(queue.requestIds[0], queue.generation, generation);
        }
    }

    function _enqueue(address controller, uint256 generation) private returns (uint64 requestId) {
        Queue storage queue = _queues[controller];
        uint256 length = _lengthOf(queue, generation);
        if (length == MAX_OPEN_REQUESTS) length = _withoutVoid(queue, generation);
        if (length == MAX_OPEN_REQUESTS) revert TooManyRequests(controller, MAX_OPEN_REQUESTS);
        requestId = ++_lastRequestId;
        queue.requestIds[length] = requestId;
        queue.length = uint8(length + 1); // ≤ MAX_OPEN_REQUESTS
        queue.generation = uint48(generation); // the pool's field has 40 bits
    }

    /// Makes room: requests that have aged to nothing leave a full queue. Returns what stays.
    function _withoutVoid(Queue storage queue, uint256 generation) private returns (uint256 kept) {
        for (uint256 i; i < MAX_OPEN_REQUESTS; ++i) {
            uint64 requestId = queue.requestIds[i];
            if (_statusOf(_requests[requestId], generation) == RequestStatus.Void) {
                delete _requests[requestId];
            } else {
                queue.requestIds[kept] = requestId;
                ++kept;
            }
        }
    }

    function _dequeue(address controller, uint256 requestId) private {
        Queue storage queue = _queues[controller];
        uint256 length = queue.length;
        uint256 kept;
        for (uint256 i; i < length; ++i) {
            uint64 other = queue.requestIds[i];
            if (other != requestId) {
                queue.requestIds[kept] = other;
                ++kept;
            }
        }
        queue.length = uint8(kept); // ≤ MAX_OPEN_REQUESTS
    }

    function _lengthOf(Queue storage queue, uint256 generation) private view returns (uint256) {
        return generation < queue.generation + FUND_WIPE_GENERATIONS ? queue.length : 0;
    }

    /// The status, with the request's amounts brought to the present generation.
    function _refreshed(Request storage request, uint256 generation) private returns (RequestStatus status) {
        status = _statusOf(request, generation);
        if (status == RequestStatus.Void || request.generation == generation) return status;
        request.units = _aged(request.units, request.generation, generation);
        request.coolingUnits = _aged(request.coolingUnits, request.generation, generation);
        request.generation = uint48(generation); // the pool's field has 40 bits
    }

    /// Of an open request; one that is not would be void.
    function _statusOf(Request storage request, uint256 generation) private view returns (RequestStatus) {
        if (_aged(request.units, request.generation, generation) == 0) return RequestStatus.Void;
        if (_aged(request.coolingUnits, request.generation, generation) == 0) return RequestStatus.Void;
        uint256 age = block.timestamp - request.requestedAt;
        if (age < COOLING_PERIOD) return RequestStatus.Pending;
        return age < COOLING_PERIOD + CLAIM_WINDOW ? RequestStatus.Claimable : RequestStatus.Expired;
    }

    /// What the controller can claim now, in fund units and in the pool's cooling units.
    function _claimable(
        address controller,
        uint256 generation
    ) private view returns (uint256 units, uint256 coolingUnits) {
        Queue storage queue = _queues[controller];
        uint256 length = _lengthOf(queue, generation);
        for (uint256 i; i < length; ++i) {
            Request storage request = _requests[queue.requestIds[i]];
            if (_statusOf(request, generation) == RequestStatus.Claimable) {
                units += _aged(request.units, request.generation, generation);
                coolingUnits += _aged(request.coolingUnits, request.generation, generation);
            }
        }
    }

    // ---------------------------------------------------------------- the pool's book

    function _account() private view returns (uint256 activeShares, uint256 supply, uint256 generation) {
        uint256 coolingShares;
        (activeShares, coolingShares, generation) = POOL.fundAccount();
        activeShares -= coolingShares;
        supply = _unitsOf(_supply, generation);
    }

    function _generation() private view returns (uint256) {
        return POOL.fundGeneration();
    }

    /// For limits, which must not revert.
    function _tryAccount() private view returns (bool isReadable, uint256 activeShares, uint256 generation) {
        try POOL.fundAccount() returns (uint256 totalShares, uint256 coolingShares, uint256 current) {
            return (true, totalShares - coolingShares, current);
        } catch {
            return (false, 0, 0);
        }
    }

    // ---------------------------------------------------------------- the rate

    function _toUnitsDown(uint256 poolShares, uint256 activeShares, uint256 supply) private pure returns (uint256) {
        return _mulDivDown(poolShares, supply + VIRTUAL_UNITS, activeShares + VIRTUAL_POOL_SHARES);
    }

    function _toSharesDown(uint256 units, uint256 activeShares, uint256 supply) private pure returns (uint256) {
        return _mulDivDown(units, activeShares + VIRTUAL_POOL_SHARES, supply + VIRTUAL_UNITS);
    }

    function _toSharesUp(uint256 units, uint256 activeShares, uint256 supply) private pure returns (uint256) {
        return _mulDivUp(units, activeShares + VIRTUAL_POOL_SHARES, supply + VIRTUAL_UNITS);
    }

    /// 512-bit products: units alone may have 208 bits.
    function _mulDivDown(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        return Math.mulDiv(a, b, c);
    }

    function _mulDivUp(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        return Math.mulDiv(a, b, c, Math.Rounding.Ceil);
    }

    // ---------------------------------------------------------------- units, by generation

    function _unitsOf(Holding storage holding, uint256 generation) private view returns (uint256) {
        return _aged(holding.units, holding.generation, generation);
    }

    /// Units count a billionth for each generation since, and nothing after a wipe, which is eight of them. Rounded down:
    /// so the parts never exceed the aged sum.
    function _aged(uint256 units, uint256 since, uint256 generation) private pure returns (uint256) {
        if (since == generation) return units;
        uint256 generations = generation - since;
        return generations < FUND_WIPE_GENERATIONS ? units / FUND_GENERATION_STEP ** generations : 0;
    }

    /// The pool's generation has 40 bits; no holding is larger than the supply.
    function _setUnits(Holding storage holding, uint256 units, uint256 generation) private {
        if (units > MAX_UNITS) revert FieldOverflow(units, MAX_UNITS);
        (holding.units, holding.generation) = (uint208(units), uint48(generation));
    }

    function _update(address from, address to, uint256 units) internal override {
        _move(from, to, units, _generation());
    }

    /// ERC20's own storage stays unused: every movement of units goes through here.
    function _move(address from, address to, uint256 units, uint256 generation) private {
        if (from == address(0)) {
            _setUnits(_supply, _unitsOf(_supply, generation) + units, generation);
        } else {
            uint256 balance = _unitsOf(_holdings[from], generation);
            if (balance < units) revert ERC20InsufficientBalance(from, balance, units);
            _setUnits(_holdings[from], balance - units, generation);
        }
        if (to == address(0)) {
            _setUnits(_supply, _unitsOf(_supply, generation) - units, generation);
        } else {
            _setUnits(_holdings[to], _unitsOf(_holdings[to], generation) + units, generation);
        }
        emit Transfer(from, to, units);
    }

    // ---------------------------------------------------------------- views: token

    function totalSupply() public view override(ERC20, IERC20) returns (uint256) {
        return _unitsOf(_supply, _generation());
    }

    function balanceOf(address account) public view override(ERC20, IERC20) returns (uint256) {
        return _unitsOf(_holdings[account], _generation());
    }

    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return DECIMALS;
    }

    // ---------------------------------------------------------------- views: vault

    function asset() external view returns (address) {
        return address(POOL);
    }

    function share() external view returns (address) {
        return address(this);
    }

    function totalAssets() external view returns (uint256 activeShares) {
        (activeShares, , ) = _account();
    }

    function convertToShares(uint256 poolShares) external view returns (uint256 units) {
        return previewDeposit(poolShares);
    }

    function convertToAssets(uint256 units) external view returns (uint256 poolShares) {
        (uint256 activeShares, uint256 supply, ) = _account();
        return _toSharesDown(units, activeShares, supply);
    }

    function previewDeposit(uint256 poolShares) public view returns (uint256 units) {
        (uint256 activeShares, uint256 supply, ) = _account();
        return _toUnitsDown(poolShares, activeShares, supply);
    }

    function previewMint(uint256 units) external view returns (uint256 poolShares) {
        (uint256 activeShares, uint256 supply, ) = _account();
        return _toSharesUp(units, activeShares, supply);
    }

    /// By ERC-7540: what a claim pays depends on whose it is. See maxWithdraw.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert PreviewUnsupported();
    }

    function previewRedeem(uint256) external pure returns (uint256) {
        revert PreviewUnsupported();
    }

    function maxDeposit(address) external view returns (uint256 poolShares) {
        (bool isReadable, uint256 activeShares, uint256 generation) = _tryAccount();
        if (!isReadable) return 0;
        uint256 supply = _unitsOf(_supply, generation);
        return _toSharesDown(MAX_UNITS - supply, activeShares, supply);
    }

    function maxMint(address) external view returns (uint256 units) {
        (bool isReadable, , uint256 generation) = _tryAccount();
        return isReadable ? MAX_UNITS - _unitsOf(_supply, generation) : 0;
    }

    /// Zero also when a part of a claim would be withheld: then it takes the form that names the least.
    function maxRedeem(address controller) external view returns (uint256 units) {
        (units, ) = _maxClaim(controller);
    }

    function maxWithdraw(address controller) external view returns (uint256 poolShares) {
        (, poolShares) = _maxClaim(controller);
    }

    function _maxClaim(address controller) private view returns (uint256 units, uint256 poolShares) {
        (bool isReadable, , uint256 generation) = _tryAccount();
        if (!isReadable) return (0, 0);
        uint256 coolingUnits;
        (units, coolingUnits) = _claimable(controller, generation);
        if (coolingUnits == 0) return (0, 0);
        try POOL.previewLeaveFund(coolingUnits) returns (uint256 grossShares, uint256 paidShares) {
            return paidShares == 0 || paidShares < grossShares ? (0, 0) : (units, paidShares);
        } catch {
            return (0, 0);
        }
    }

    // ---------------------------------------------------------------- views: requests

    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unitsIfStatus(requestId, controller, RequestStatus.Pending);
    }

    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _unitsIfStatus(requestId, controller, RequestStatus.Claimable);
    }

    function _unitsIfStatus(
        uint256 requestId,
        address controller,
        RequestStatus status
    ) private view returns (uint256 units) {
        (bool isReadable, , uint256 generation) = _tryAccount();
        Request storage request = _requests[requestId];
        if (isReadable && request.controller == controller && _statusOf(request, generation) == status) {
            return _aged(request.units, request.generation, generation);
        }
    }

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
        )
    {
        Request storage request = _requests[requestId];
        controller = request.controller;
        if (controller == address(0)) return (controller, 0, 0, 0, 0, RequestStatus.None);
        uint256 generation = _generation();
        units = _aged(request.units, request.generation, generation);
        coolingUnits = _aged(request.coolingUnits, request.generation, generation);
        claimableAt = request.requestedAt + COOLING_PERIOD;
        expiresAt = claimableAt + CLAIM_WINDOW;
        status = _statusOf(request, generation);
    }

    function openRequests(address controller) external view returns (uint256[] memory requestIds) {
        Queue storage queue = _queues[controller];
        requestIds = new uint256[](_lengthOf(queue, _generation()));
        for (uint256 i; i < requestIds.length; ++i) requestIds[i] = queue.requestIds[i];
    }

    function coolingPeriod() external pure returns (uint256) {
        return COOLING_PERIOD;
    }

    function claimWindow() external pure returns (uint256) {
        return CLAIM_WINDOW;
    }

    function maxOpenRequests() external pure returns (uint256) {
        return MAX_OPEN_REQUESTS;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == type(IERC4626).interfaceId ^ IInsuranceFund.share.selector || // ERC-7575
            interfaceId == type(IERC165).interfaceId;
    }
}
