// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {ILendingPool, PoolParams} from "../../contracts/interfaces/ILendingPool.sol";
import {IPriceOracle} from "../../contracts/interfaces/IPriceOracle.sol";
import {Actor} from "./Actor.sol";
import {fail, vm} from "./Cheats.sol";

/// @notice The mock token: anyone mints, and armed it calls someone on a transfer.
interface IToken is IERC20Metadata {
    function mint(address to, uint256 amount) external;

    function arm(address callee, bytes calldata payload, uint256 calls) external;

    function callsLeft() external view returns (uint256);

    function callCount() external view returns (uint256);

    function lastSuccess() external view returns (bool);

    function lastReturnData() external view returns (bytes memory);
}

/// @notice The mock oracle. Behaviours: 0 honest, 1 revert, 2 burn all gas, 3 need gas, 4 answer of another size.
interface IOracle is IPriceOracle {
    function set(uint256 low, uint256 high, bool ok) external;

    function misbehave(uint8 behaviour, uint256 amount) external;
}

/// @notice An authority without delays: its one member may do everything at once. What holds under it holds under any.
contract OneKey {
    address private immutable MEMBER = msg.sender;
    address public governor;

    function appoint(address account) external {
        if (msg.sender != MEMBER) fail("not the member", 0, 0);
        governor = account;
    }

    function canCall(address caller, address, bytes4) external view returns (bool immediate, uint32 delay) {
        return (caller == governor, 0);
    }
}

/// @title A market of the real contracts, and its people
/// @dev The contracts come from the compiled artifacts, not by import: so these tests compile in seconds. The folder of
/// the artifacts can be given, to run against changed code.
abstract contract World {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant BPS = 1e4;
    uint256 internal constant PRICE_SCALE = 1e36;
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    uint256 internal constant MAX = type(uint256).max;

    uint256 internal constant PEOPLE = 6;
    uint256 internal constant SIGNER_KEY = 0x5197e2;
    uint256 internal constant LIF_FLOOR_BPS = 10_200;
    uint256 internal constant LIF_PEAK_BPS = 11_000;

    ILendingPool internal immutable pool;
    IInsuranceFund internal immutable fund;
    IToken internal immutable asset;
    IToken internal immutable collateral;
    OneKey internal immutable keys;
    Actor internal immutable governor;
    /// The one in force is among them; governance moves between the two.
    IOracle[2] internal oracles;
    Actor[PEOPLE] internal people;
    /// Holds shares, signs permits, and does nothing else.
    address internal immutable signer;

    /// One whole token of each.
    uint256 internal immutable token;
    uint256 internal immutable coin;
    uint256 internal immutable minDebt;

    /// The time. Kept here, since a compiler may read the block's once and reuse it.
    uint256 internal time;

    constructor(uint8 assetDecimals, uint8 collateralDecimals) {
        time = 1_800_000_000;
        vm.warp(time);
        token = 10 ** assetDecimals;
        coin = 10 ** collateralDecimals;
        minDebt = 100 * token;
        asset = IToken(_deploy("mocks/ReentrantToken.sol/ReentrantToken", "", abi.encode(assetDecimals)));
        collateral = IToken(_deploy("mocks/ReentrantToken.sol/ReentrantToken", "", abi.encode(collateralDecimals)));
        for (uint256 i; i < 2; ++i) {
            oracles[i] = IOracle(_deploy("mocks/MockOracle.sol/MockOracle", "", ""));
            oracles[i].set(_priceOf(2_000e6), _priceOf(2_000e6), true);
        }
        keys = new OneKey();
        pool = _deployPool();
        fund = IInsuranceFund(pool.fund());
        governor = new Actor(pool);
        keys.appoint(address(governor));
        signer = vm.addr(SIGNER_KEY);
        for (uint256 i; i < PEOPLE; ++i) _welcome(i);
    }

    function _deployPool() private returns (ILendingPool) {
        string memory certificates = vm.toString(_deploy("libraries/Certificates.sol/Certificates", "", ""));
        address desk = _deploy("pool/modules/PoolDesk.sol/PoolDesk", certificates, "");
        address views = _deploy("pool/modules/PoolViews.sol/PoolViews", certificates, abi.encode(desk));
        return ILendingPool(_deploy("LendingPool.sol/LendingPool", certificates, abi.encode(_params(), views)));
    }

    function _params() private view returns (PoolParams memory params) {
        params.asset = asset;
        params.collateral = collateral;
        params.oracle = oracles[0];
        params.authority = address(keys);
        params.name = "Mutua";
        params.symbol = "m";
        params.borrowLtvBps = 8_000;
        params.lltvBps = 8_600;
        params.lifFloorBps = uint16(LIF_FLOOR_BPS);
        params.lifMinBps = 10_300;
        params.lifPeakBps = uint16(LIF_PEAK_BPS);
        params.repayTargetBps = 9_000;
        params.maxDeviationBps = 200;
        params.reserveFeePercent = 10;
        params.fundFeePercent = 10;
        params.reserveTargetBps = 200;
        params.supplyCapTokens = 1_000_000_000;
        params.borrowCapTokens = 900_000_000;
        params.collateralCap = 1_000_000_000 * coin;
        params.minDebt = minDebt;
        params.initialRateAtTargetPerSecondWad = 0.04e18 / uint256(365 days);
    }

    function _welcome(uint256 i) private {
        Actor actor = new Actor(pool);
        people[i] = actor;
        asset.mint(address(actor), 1e12 * token);
        collateral.mint(address(actor), 1e12 * coin);
        actor.execute(address(asset), abi.encodeCall(asset.approve, (address(pool), MAX)));
        actor.execute(address(collateral), abi.encodeCall(asset.approve, (address(pool), MAX)));
        actor.execute(address(pool), abi.encodeCall(asset.approve, (address(fund), MAX)));
    }

    /// A price of millionths of a token for a whole coin, as the oracle gives it.
    function _priceOf(uint256 millionths) internal view returns (uint256) {
        return (millionths * token * PRICE_SCALE) / (coin * 1e6);
    }

    /// `library_` is the address to link, as text; empty if nothing is to be linked.
    function _deploy(
        string memory artifact,
        string memory library_,
        bytes memory arguments
    ) internal returns (address deployed) {
        string memory folder = vm.envOr("MUTUA_ARTIFACTS", "artifacts");
        string memory json = vm.readFile(string.concat(folder, "/contracts/", artifact, ".json"));
        string memory text = vm.parseJsonString(json, ".bytecode");
        if (bytes(library_).length != 0) {
            uint256 start = vm.indexOf(text, "__$");
            if (start != MAX) text = vm.replace(text, _slice(text, start, 40), _slice(library_, 2, 40));
        }
        bytes memory code = bytes.concat(vm.parseBytes(text), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        if (deployed == address(0)) fail(artifact, 0, 0);
    }

    function _slice(string memory text, uint256 from, uint256 length) private pure returns (string memory) {
        bytes memory part = new bytes(length);
        for (uint256 i; i < length; ++i) part[i] = bytes(text)[from + i];
        return string(part);
    }
}
