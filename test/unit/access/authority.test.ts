import { expect } from "chai";

import {
  ADMIN_DELAY,
  adminCall,
  appointed,
  ethers,
  EXPIRATION,
  GOVERNOR_DELAY,
  loadFixture,
  PAUSE,
  RAISE_CAPS,
  Role,
  RULES,
  SCHEDULE_ORACLE,
  send,
  sent,
  time,
} from "./fixture.js";

const ZERO = ethers.ZeroAddress;
const LABELS = ["admin", "guardian", "governor", "oracle manager"];

describe("MutuaAuthority", () => {
  describe("constructor", () => {
    it("gives each role to its account, with the role's delay, from the first block on", async () => {
      const { authority, holders } = await loadFixture(appointed);
      const delays = { [`${Role.Admin}`]: ADMIN_DELAY, [`${Role.Governor}`]: GOVERNOR_DELAY };
      for (const role of Object.values(Role)) {
        for (const [held, holder] of Object.entries(holders)) {
          const isMember = held === String(role);
          const expected = [isMember, isMember ? (delays[held] ?? 0n) : 0n];
          expect([...(await authority.hasRole(role, holder.address))]).to.deep.equal(expected);
        }
      }
    });

    it("labels the roles, and makes the guardian the one who can cancel", async () => {
      const { authority, admin } = await loadFixture(appointed);
      const deployment = authority.deploymentTransaction();
      for (const [index, label] of LABELS.entries()) {
        if (index > 0) await expect(deployment).to.emit(authority, "RoleLabel").withArgs(index, label);
      }
      await expect(deployment)
        .to.emit(authority, "RoleGranted")
        .withArgs(Role.Admin, admin.address, ADMIN_DELAY, (await deployment?.getBlock())?.timestamp, true);
      expect(await authority.getRoleGuardian(Role.Governor)).to.equal(Role.Guardian);
      expect(await authority.getRoleGuardian(Role.OracleManager)).to.equal(Role.Guardian);
      expect(await authority.getRoleGuardian(Role.Guardian)).to.equal(Role.Admin);
    });

    it("shows the table and the roles", async () => {
      const { authority } = await loadFixture(appointed);
      const table = (await authority.rules()).map((rule) => [rule.signature, rule.selector, rule.roleId, rule.delay]);
      expect(table).to.deep.equal(RULES.map(({ name, selector, role, delay }) => [name, selector, role, delay]));
      const roles = (await authority.roles()).map((role) => [...role]);
      expect(roles).to.deep.equal([
        [Role.Admin, "admin", ADMIN_DELAY, Role.Admin],
        [Role.Guardian, "guardian", 0n, Role.Admin],
        [Role.Governor, "governor", GOVERNOR_DELAY, Role.Guardian],
        [Role.OracleManager, "oracle manager", 0n, Role.Guardian],
      ]);
    });

    it("refuses an account that is zero", async () => {
      const { authority, admin } = await loadFixture(appointed);
      const one = admin.address;
      const factory = await ethers.getContractFactory("MutuaAuthority");
      await expect(factory.deploy(ZERO, one, one, one))
        .to.be.revertedWithCustomError(authority, "AccessManagerInvalidInitialAdmin")
        .withArgs(ZERO);
      for (const [role, accounts] of [
        [Role.Governor, [one, ZERO, one, one]],
        [Role.Guardian, [one, one, ZERO, one]],
        [Role.OracleManager, [one, one, one, ZERO]],
      ] as const) {
        await expect(factory.deploy(...accounts))
          .to.be.revertedWithCustomError(authority, "InvalidAccount")
          .withArgs(role, ZERO);
      }
    });
  });

  describe("adopt", () => {
    it("gives each function to its role, for an admin, at once", async () => {
      const { authority, admin, unadopted } = await loadFixture(appointed);
      const pool = await unadopted.getAddress();
      expect(await authority.isAdopted(pool)).to.equal(false);
      const adoption = authority.connect(admin).adopt(pool);
      await expect(adoption).to.emit(authority, "PoolAdopted").withArgs(pool);
      expect(await authority.isAdopted(pool)).to.equal(true);
      for (const { selector, role } of RULES) {
        await expect(adoption).to.emit(authority, "TargetFunctionRoleUpdated").withArgs(pool, selector, role);
        expect(await authority.getTargetFunctionRole(pool, selector)).to.equal(role);
      }
    });

    it("refuses everyone else", async () => {
      const { authority, governor, guardian, oracleManager, stranger, unadopted } = await loadFixture(appointed);
      const pool = await unadopted.getAddress();
      for (const caller of [governor, guardian, oracleManager, stranger]) {
        await expect(authority.connect(caller).adopt(pool))
          .to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedAccount")
          .withArgs(caller.address, Role.Admin);
      }
    });

    it("refuses a pool under another authority", async () => {
      const { authority, admin, stranger } = await loadFixture(appointed);
      const other = await ethers.deployContract("ManagedTarget", [stranger.address]);
      await expect(authority.connect(admin).adopt(await other.getAddress()))
        .to.be.revertedWithCustomError(authority, "NotUnderThisAuthority")
        .withArgs(await other.getAddress(), stranger.address);
    });

    it("refuses a pool that it has adopted", async () => {
      const { authority, admin, target } = await loadFixture(appointed);
      await expect(authority.connect(admin).adopt(await target.getAddress()))
        .to.be.revertedWithCustomError(authority, "AlreadyAdopted")
        .withArgs(await target.getAddress());
    });

    it("lists the pools, in pages", async () => {
      const { authority, admin, target, unadopted } = await loadFixture(appointed);
      const [first, second] = [await target.getAddress(), await unadopted.getAddress()];
      await sent(authority.connect(admin).adopt(second));
      expect(await authority.adoptedCount()).to.equal(2n);
      for (const [from, count, page] of [
        [0, 10, [first, second]],
        [0, 1, [first]],
        [1, 1, [second]],
        [0, 0, []],
        [2, 1, []],
        [1, ethers.MaxUint256, [second]],
        [ethers.MaxUint256, ethers.MaxUint256, []],
      ] as const) {
        expect(await authority.adoptedPools(from, count)).to.deep.equal(page);
      }
    });
  });

  describe("each function of the table", () => {
    for (const { name, selector, call, role, delay } of RULES) {
      const when = delay === 0n ? "at once" : `after ${delay / 86_400n} days`;
      it(`${name}: ${LABELS[Number(role)]}, ${when}`, async () => {
        const { authority, target, holders, stranger } = await loadFixture(appointed);
        for (const [held, caller] of [...Object.entries(holders), ["none", stranger] as const]) {
          if (held === String(role)) continue;
          await expect(send(caller, target, call))
            .to.be.revertedWithCustomError(target, "AccessManagedUnauthorized")
            .withArgs(caller.address);
        }

        const holder = holders[String(role)];
        if (!holder) throw new Error("every role has a holder");
        if (delay > 0n) {
          const pool = await target.getAddress();
          await expect(send(holder, target, call)).to.be.revertedWithCustomError(
            authority,
            "AccessManagerNotScheduled",
          );
          await sent(authority.connect(holder).schedule(pool, call, 0));
          const readyAt = BigInt(await time.latest()) + delay;
          await time.setNextBlockTimestamp(readyAt - 1n);
          await expect(send(holder, target, call)).to.be.revertedWithCustomError(authority, "AccessManagerNotReady");
          await time.setNextBlockTimestamp(readyAt);
        }
        await expect(send(holder, target, call))
          .to.emit(target, "Called")
          .withArgs(holder.address, selector);
      });
    }

    it("expires a week after it is ready", async () => {
      const { authority, target, governor } = await loadFixture(appointed);
      await sent(authority.connect(governor).schedule(await target.getAddress(), RAISE_CAPS, 0));
      await time.increase(GOVERNOR_DELAY + EXPIRATION);
      await expect(send(governor, target, RAISE_CAPS)).to.be.revertedWithCustomError(authority, "AccessManagerExpired");
    });

    it("is the admin's, after its delay, given a pool that was not adopted", async () => {
      const { authority, unadopted, admin, guardian } = await loadFixture(appointed);
      const pool = await unadopted.getAddress();
      await expect(send(guardian, unadopted, PAUSE)).to.be.revertedWithCustomError(
        unadopted,
        "AccessManagedUnauthorized",
      );
      for (const { selector } of RULES) {
        expect([...(await authority.canCall(admin.address, pool, selector))]).to.deep.equal([false, ADMIN_DELAY]);
      }
    });
  });

  describe("cancelling", () => {
    it("is the guardian's, an admin's and its own, for a call of the governor", async () => {
      const { authority, target, admin, governor, guardian, oracleManager, stranger } = await loadFixture(appointed);
      const pool = await target.getAddress();
      for (const canceller of [guardian, admin, governor]) {
        await sent(authority.connect(governor).schedule(pool, RAISE_CAPS, 0));
        for (const caller of [oracleManager, stranger]) {
          await expect(
            authority.connect(caller).cancel(governor.address, pool, RAISE_CAPS),
          ).to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedCancel");
        }
        await expect(authority.connect(canceller).cancel(governor.address, pool, RAISE_CAPS)).to.emit(
          authority,
          "OperationCanceled",
        );
        await time.increase(GOVERNOR_DELAY);
        await expect(send(governor, target, RAISE_CAPS)).to.be.revertedWithCustomError(
          authority,
          "AccessManagerNotScheduled",
        );
      }
    });

    it("is a second admin's, and nobody else's, for a call of an admin", async () => {
      const { authority, admin, governor, guardian, stranger, next } = await loadFixture(appointed);
      const self = await authority.getAddress();
      const grant = (role: bigint, account: string) =>
        authority.interface.encodeFunctionData("grantRole", [role, account, 0]);
      await adminCall(authority, admin, grant(Role.Admin, next.address));
      const call = grant(Role.Governor, stranger.address);
      await sent(authority.connect(admin).schedule(self, call, 0));
      for (const caller of [governor, guardian, stranger]) {
        await expect(authority.connect(caller).cancel(admin.address, self, call)).to.be.revertedWithCustomError(
          authority,
          "AccessManagerUnauthorizedCancel",
        );
      }
      await expect(authority.connect(next).cancel(admin.address, self, call)).to.emit(authority, "OperationCanceled");
    });
  });

  describe("dismissOracleManager", () => {
    it("takes the role at once", async () => {
      const { authority, target, guardian, oracleManager } = await loadFixture(appointed);
      await expect(authority.connect(guardian).dismissOracleManager(oracleManager.address))
        .to.emit(authority, "RoleRevoked")
        .withArgs(Role.OracleManager, oracleManager.address);
      await expect(send(oracleManager, target, SCHEDULE_ORACLE)).to.be.revertedWithCustomError(
        target,
        "AccessManagedUnauthorized",
      );
    });

    it("refuses everyone but the guardian", async () => {
      const { authority, admin, governor, oracleManager, stranger } = await loadFixture(appointed);
      for (const caller of [admin, governor, oracleManager, stranger]) {
        await expect(authority.connect(caller).dismissOracleManager(oracleManager.address))
          .to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedAccount")
          .withArgs(caller.address, Role.Guardian);
      }
    });

    it("refuses an account that is no oracle manager", async () => {
      const { authority, guardian, governor } = await loadFixture(appointed);
      await expect(authority.connect(guardian).dismissOracleManager(governor.address))
        .to.be.revertedWithCustomError(authority, "NotOracleManager")
        .withArgs(governor.address);
    });
  });

  describe("what an admin can and can't do", () => {
    it("can do nothing but adopt without its delay", async () => {
      const { authority, target, admin } = await loadFixture(appointed);
      const pool = await target.getAddress();
      const asAdmin = authority.connect(admin);
      for (const attempt of [
        () => asAdmin.grantRole(Role.Governor, admin.address, 0),
        () => asAdmin.revokeRole(Role.Guardian, admin.address),
        () => asAdmin.setTargetFunctionRole(pool, [PAUSE.slice(0, 10)], Role.Admin),
        () => asAdmin.setTargetClosed(pool, true),
        () => asAdmin.updateAuthority(pool, pool),
        () => asAdmin.setRoleGuardian(Role.Governor, Role.Admin),
        () => asAdmin.setGrantDelay(Role.Governor, 1),
        () => asAdmin.setTargetAdminDelay(pool, 1),
        () => asAdmin.labelRole(Role.Governor, "king"),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(authority, "AccessManagerNotScheduled");
      }
    });

    it("can't give a member a shorter delay than its role has, but a longer one", async () => {
      const { authority, admin, governor, next } = await loadFixture(appointed);
      const grant = async (role: bigint, account: string, delay: bigint) => {
        await adminCall(authority, admin, authority.interface.encodeFunctionData("grantRole", [role, account, delay]));
        return (await authority.hasRole(role, account)).executionDelay;
      };
      expect(await grant(Role.Governor, next.address, 0n)).to.equal(GOVERNOR_DELAY);
      expect(await grant(Role.Governor, governor.address, 0n)).to.equal(GOVERNOR_DELAY);
      expect(await grant(Role.Governor, governor.address, GOVERNOR_DELAY + 1n)).to.equal(GOVERNOR_DELAY + 1n);
      expect(await grant(Role.Admin, next.address, GOVERNOR_DELAY)).to.equal(ADMIN_DELAY);
    });

    it("can't give a function of the table to another role, but take it back, and return it", async () => {
      const { authority, target, admin } = await loadFixture(appointed);
      const pool = await target.getAddress();
      const self = await authority.getAddress();
      const give = (selector: string, role: bigint) =>
        authority.interface.encodeFunctionData("setTargetFunctionRole", [pool, [selector], role]);
      for (const { selector, role } of RULES) {
        const other = role === Role.Guardian ? Role.Governor : Role.Guardian;
        const call = give(selector, other);
        await sent(authority.connect(admin).schedule(self, call, 0));
        await time.increase(ADMIN_DELAY);
        await expect(authority.connect(admin).execute(self, call))
          .to.be.revertedWithCustomError(authority, "FunctionRoleFixed")
          .withArgs(selector, role, other);
      }
      const raiseCaps = RAISE_CAPS.slice(0, 10);
      for (const role of [Role.Admin, Role.Governor]) {
        await adminCall(authority, admin, give(raiseCaps, role));
        expect(await authority.getTargetFunctionRole(pool, raiseCaps)).to.equal(role);
      }
      const unknown = "0x12345678";
      await adminCall(authority, admin, give(unknown, Role.Guardian));
      expect(await authority.getTargetFunctionRole(pool, unknown)).to.equal(Role.Guardian);
    });

    it("can't hand the granting of these roles to another role", async () => {
      const { authority, admin } = await loadFixture(appointed);
      const self = await authority.getAddress();
      for (const role of Object.values(Role)) {
        const call = authority.interface.encodeFunctionData("setRoleAdmin", [role, Role.Guardian]);
        await sent(authority.connect(admin).schedule(self, call, 0));
        await time.increase(ADMIN_DELAY);
        await expect(authority.connect(admin).execute(self, call))
          .to.be.revertedWithCustomError(authority, "RoleAdminFixed")
          .withArgs(role);
      }
      await adminCall(authority, admin, authority.interface.encodeFunctionData("setRoleAdmin", [9, Role.Guardian]));
      expect(await authority.getRoleAdmin(9)).to.equal(Role.Guardian);
    });

    it("can move a pool to another authority, after its delay", async () => {
      const { authority, target, admin, stranger } = await loadFixture(appointed);
      const one = stranger.address;
      const successor = await ethers.deployContract("MutuaAuthority", [one, one, one, one]);
      const moved = [await target.getAddress(), await successor.getAddress()] as const;
      await adminCall(authority, admin, authority.interface.encodeFunctionData("updateAuthority", [...moved]));
      expect(await target.authority()).to.equal(moved[1]);
    });
  });
});
