// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {pageOf} from "../libraries/Paging.sol";

/// @title Who may change what in a pool, and after how long
/// @notice Duty: answers every pool that asks whether a restricted function may be called. Holds no money.
///
/// | function         | role           | delay  | why                                                               |
/// |------------------|----------------|--------|-------------------------------------------------------------------|
/// | pause            | guardian       | none   | stops new deposits and loans only; ends by itself                 |
/// | unpause          | guardian       | none   | a delay would outlast the pause                                   |
/// | lowerCaps        | guardian       | none   | tightening                                                        |
/// | lowerLtvs        | guardian       | none   | tightening; what could hurt a borrower is the ramp, which the     |
/// |                  |                |        | pool stretches over days                                          |
/// | cancelOracle     | guardian       | none   | puts the announced oracle aside, back to the one in force         |
/// | scheduleOracle   | oracle manager | none   | see below                                                         |
/// | executeOracle    | governor       | 3 days | a second key for what can hurt most                               |
/// | raiseCaps        | governor       | 3 days | loosening                                                         |
/// | raiseLtvs        | governor       | 3 days | loosening                                                         |
/// | setFees          | governor       | 3 days | moves income between suppliers, reserve and fund                  |
/// | reopenBorrowing  | governor       | 3 days | loosening                                                         |
/// | windDown         | governor       | 3 days | can't be undone                                                   |
/// | withdrawReserve  | governor       | 3 days | thins the first loss                                              |
/// | setAuthority     | admin          | 7 days | only through `updateAuthority` here                               |
/// | here: adopt      | admin          | none   | can only put this table in force, once a pool                     |
/// | here: dismiss…   | guardian       | none   | can only take the oracle manager's role away                      |
/// | here: all else   | admin          | 7 days | granting and revoking roles, who may cancel, closing a target     |
///
/// Delays belong to this file, not to a member: nobody can be given a shorter one. None of the functions above can be
/// given to another role, except back to the admin, and granting these roles stays with the admin. So the table holds
/// for as long as a pool keeps this authority, and whoever wants another table has to say so seven days ahead, with
/// `updateAuthority`.
///
/// The admin's delay is longer than the governor's: replacing the governor is never the faster way. The governor's is
/// as long as a pause: what is proposed when a pause begins can be in force as it ends. A member may be given a longer
/// one.
///
/// Cancelling. The guardian can cancel whatever the governor has scheduled; an admin whatever anyone has; and everyone
/// their own. The guardian can't cancel what an admin has scheduled, or it could keep itself in office for ever: a
/// second admin can. What is ready and not executed within a week expires.
///
/// The oracle needs three keys. The oracle manager announces, the governor executes, the guardian can cancel.
/// - Announcing has no delay here, because a waiting call is public: whoever sees a lower price coming would leave at
///   the old one while it waits. In the pool the lower of both lows counts from the announcement on, and the waiting
///   time runs there.
/// - So a hostile announcement can push `low` down, to zero, until it is cancelled: whoever exits meanwhile without
///   naming the least they accept gives to those who stay; no deposits, no loans, no collateral out of a position in debt. It moves no token, and `high`, by
///   which positions are liquidated, not at all. That is why the role is not the guardian's: who announces must not be
///   the one who has to cancel. The guardian can also dismiss an oracle manager at once (`dismissOracleManager`), so
///   that it can't announce again; granting the role anew takes an admin and seven days.
/// - Executing goes through the governor's delay, which may run beside the pool's. By then the announcement is known,
///   so the wait gives nobody a head start. The pool keeps one announcement at a time, and only the guardian can clear
///   it: the oracle manager can't exchange it for another one under the governor's waiting call.
///
/// What the roles can't do, alone or together: move a user's tokens or shares, stop an exit, a repayment, the adding of
/// collateral, a liquidation or the waterfall. What they can do together, if nobody cancels: put an oracle in force
/// that lies. Borrowers and suppliers have the pool's waiting time to see it; suppliers can't outrun it, since the
/// lie's low counts from the first moment. Who supplies to a pool trusts its guardian to be awake.
///
/// Meant for pools alone: another contract under this authority with a function of the same selector would get the same
/// roles by `adopt`.
contract MutuaAuthority is AccessManager {
    /// @notice A line of the table: who may call a pool's function, and how long after announcing it, at least.
    struct Rule {
        string signature;
        bytes4 selector;
        uint64 roleId;
        uint32 delay;
    }

    /// @notice A role: the shortest delay of its members, and whose members can cancel what they have scheduled.
    struct RoleSummary {
        uint64 roleId;
        string label;
        uint32 minimumDelay;
        uint64 guardianRoleId;
    }

    // ADMIN_ROLE is 0, and is what every function not in the table belongs to.
    uint64 public constant GUARDIAN_ROLE = 1;
    uint64 public constant GOVERNOR_ROLE = 2;
    uint64 public constant ORACLE_MANAGER_ROLE = 3;

    uint32 public constant ADMIN_DELAY = 7 days;
    uint32 public constant GOVERNOR_DELAY = 3 days;

    address[] private _pools;
    mapping(address pool => bool) private _isAdopted;

    event PoolAdopted(address indexed pool);

    error InvalidAccount(uint64 roleId, address account);
    error NotUnderThisAuthority(address pool, address authority);
    error AlreadyAdopted(address pool);
    error FunctionRoleFixed(bytes4 selector, uint64 roleId, uint64 proposedRoleId);
    error RoleAdminFixed(uint64 roleId);
    error NotOracleManager(address account);

    /// @param admin grants and revokes; best a multi-signature wallet. It has its delay from the first block on.
    /// @param governor loosens.
    /// @param guardian tightens and cancels; has to be quick.
    /// @param oracleManager announces oracle changes; best not the guardian.
    constructor(address admin, address governor, address guardian, address oracleManager) AccessManager(admin) {
        _appoint(GUARDIAN_ROLE, "guardian", guardian);
        _appoint(GOVERNOR_ROLE, "governor", governor);
        _appoint(ORACLE_MANAGER_ROLE, "oracle manager", oracleManager);
        _setRoleGuardian(GOVERNOR_ROLE, GUARDIAN_ROLE);
        _setRoleGuardian(ORACLE_MANAGER_ROLE, GUARDIAN_ROLE);
    }

    /// @notice The table above, as it is enforced.
    function rules() public pure returns (Rule[] memory table) {
        table = new Rule[](13);
        table[0] = _rule("pause()", ILendingPool.pause.selector, GUARDIAN_ROLE);
        table[1] = _rule("unpause()", ILendingPool.unpause.selector, GUARDIAN_ROLE);
        table[2] = _rule("lowerCaps(uint32,uint32)", ILendingPool.lowerCaps.selector, GUARDIAN_ROLE);
        table[3] = _rule("lowerLtvs(uint16,uint16,uint32)", ILendingPool.lowerLtvs.selector, GUARDIAN_ROLE);
        table[4] = _rule("cancelOracle()", ILendingPool.cancelOracle.selector, GUARDIAN_ROLE);
        table[5] = _rule("scheduleOracle(address)", ILendingPool.scheduleOracle.selector, ORACLE_MANAGER_ROLE);
        table[6] = _rule("executeOracle()", ILendingPool.executeOracle.selector, GOVERNOR_ROLE);
        table[7] = _rule("raiseCaps(uint32,uint32)", ILendingPool.raiseCaps.selector, GOVERNOR_ROLE);
        table[8] = _rule("raiseLtvs(uint16,uint16)", ILendingPool.raiseLtvs.selector, GOVERNOR_ROLE);
        table[9] = _rule("setFees(uint8,uint8,uint16)", ILendingPool.setFees.selector, GOVERNOR_ROLE);
        table[10] = _rule("reopenBorrowing()", ILendingPool.reopenBorrowing.selector, GOVERNOR_ROLE);
        table[11] = _rule("windDown(uint32)", ILendingPool.windDown.selector, GOVERNOR_ROLE);
        table[12] = _rule("withdrawReserve(uint256,address)", ILendingPool.withdrawReserve.selector, GOVERNOR_ROLE);
    }

    /// @notice The roles as they are now. Members are in the `RoleGranted` and `RoleRevoked` events.
    function roles() external view returns (RoleSummary[] memory table) {
        table = new RoleSummary[](4);
        table[0] = _summary(ADMIN_ROLE, "admin");
        table[1] = _summary(GUARDIAN_ROLE, "guardian");
        table[2] = _summary(GOVERNOR_ROLE, "governor");
        table[3] = _summary(ORACLE_MANAGER_ROLE, "oracle manager");
    }

    /// @notice The shortest execution delay a member of `roleId` can have.
    function minimumDelay(uint64 roleId) public pure returns (uint32) {
        if (roleId == ADMIN_ROLE) return ADMIN_DELAY;
        return roleId == GOVERNOR_ROLE ? GOVERNOR_DELAY : 0;
    }

    /// @notice Put the table in force for a pool that names this contract as its authority. Once a pool.
    /// @dev Caller is an admin, without its delay: until then all a pool's restricted functions are the admin's, after
    /// seven days, so there is no guardian; and all that this can do is what the table says.
    function adopt(address pool) external {
        _requireMember(ADMIN_ROLE);
        address authority = IAccessManaged(pool).authority();
        if (authority != address(this)) revert NotUnderThisAuthority(pool, authority);
        if (_isAdopted[pool]) revert AlreadyAdopted(pool);
        _isAdopted[pool] = true;
        _pools.push(pool);
        Rule[] memory table = rules();
        for (uint256 i = 0; i < table.length; ++i) {
            _setTargetFunctionRole(pool, table[i].selector, table[i].roleId);
        }
        emit PoolAdopted(pool);
    }

    /// @notice Guardian: take the oracle manager's role from `account`, at once.
    function dismissOracleManager(address account) external {
        _requireMember(GUARDIAN_ROLE);
        if (!_revokeRole(ORACLE_MANAGER_ROLE, account)) revert NotOracleManager(account);
    }

    /// @notice Whether an admin has adopted `pool`. Anyone can create a pool that names this authority; only this says
    /// that those behind the authority know of it.
    function isAdopted(address pool) external view returns (bool) {
        return _isAdopted[pool];
    }

    /// @notice How many pools were adopted. One that has since got another authority is still counted.
    function adoptedCount() external view returns (uint256) {
        return _pools.length;
    }

    /// @notice Up to `count` adopted pools, from the one with index `from` on, in the order of adoption.
    function adoptedPools(uint256 from, uint256 count) external view returns (address[] memory) {
        return pageOf(_pools, from, count);
    }

    /// No member gets a shorter delay than its role has; the admin of the constructor neither.
    function _grantRole(
        uint64 roleId,
        address account,
        uint32 grantDelay,
        uint32 executionDelay
    ) internal override returns (bool) {
        uint32 minimum = minimumDelay(roleId);
        return super._grantRole(roleId, account, grantDelay, executionDelay < minimum ? minimum : executionDelay);
    }

    /// A function of the table goes to its role or back to the admin.
    function _setTargetFunctionRole(address target, bytes4 selector, uint64 roleId) internal override {
        if (roleId != ADMIN_ROLE) {
            Rule[] memory table = rules();
            for (uint256 i = 0; i < table.length; ++i) {
                if (selector == table[i].selector && roleId != table[i].roleId) {
                    revert FunctionRoleFixed(selector, table[i].roleId, roleId);
                }
            }
        }
        super._setTargetFunctionRole(target, selector, roleId);
    }

    /// The roles of the table are granted by the admin alone.
    function _setRoleAdmin(uint64 roleId, uint64 admin) internal override {
        if (roleId <= ORACLE_MANAGER_ROLE) revert RoleAdminFixed(roleId);
        super._setRoleAdmin(roleId, admin);
    }

    function _appoint(uint64 roleId, string memory label, address account) private {
        if (account == address(0)) revert InvalidAccount(roleId, account);
        emit RoleLabel(roleId, label);
        _grantRole(roleId, account, 0, 0);
    }

    function _requireMember(uint64 roleId) private view {
        (bool isMember, ) = hasRole(roleId, _msgSender());
        if (!isMember) revert AccessManagerUnauthorizedAccount(_msgSender(), roleId);
    }

    function _rule(string memory signature, bytes4 selector, uint64 roleId) private pure returns (Rule memory) {
        return Rule({signature: signature, selector: selector, roleId: roleId, delay: minimumDelay(roleId)});
    }

    function _summary(uint64 roleId, string memory label) private view returns (RoleSummary memory) {
        return RoleSummary(roleId, label, minimumDelay(roleId), getRoleGuardian(roleId));
    }
}
