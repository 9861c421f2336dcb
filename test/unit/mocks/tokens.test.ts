import { expect } from "chai";
import { network } from "hardhat";

const { ethers, networkHelpers } = await network.create();

async function accounts() {
  const [alice, bob] = await ethers.getSigners();
  if (!alice || !bob) throw new Error("two signers");
  return { alice, bob };
}

describe("mock tokens", () => {
  it("MockERC20: anyone mints and burns, in any decimals, with a permit's domain", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("MockERC20", ["Token", "TOK", 8]);
    await (await token.connect(bob).mint(alice.address, 5)).wait();
    await (await token.connect(bob).burn(alice.address, 2)).wait();
    expect(await token.balanceOf(alice.address)).to.equal(3n);
    expect(await token.decimals()).to.equal(8n);
    expect((await token.eip712Domain()).name).to.equal("Token");
  });

  it("NoReturnToken: moves money and returns nothing", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("NoReturnToken", [6]);
    await (await token.mint(alice.address, 5)).wait();
    const data = token.interface.encodeFunctionData("transfer", [bob.address, 2]);
    expect(await ethers.provider.call({ from: alice.address, to: await token.getAddress(), data })).to.equal("0x");
    await (await token.transfer(bob.address, 2)).wait();
    await (await token.connect(bob).approve(alice.address, 1)).wait();
    await (await token.transferFrom(bob.address, alice.address, 1)).wait();
    expect([await token.balanceOf(alice.address), await token.balanceOf(bob.address)]).to.deep.equal([4n, 1n]);
    await expect(token.transferFrom(bob.address, alice.address, 1)).to.be.revertedWithPanic(0x11);
  });

  it("FalseReturnToken: returns false where others revert", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("FalseReturnToken", [18]);
    await (await token.mint(alice.address, 5)).wait();
    expect(await token.transfer.staticCall(bob.address, 5)).to.equal(true);
    expect(await token.transfer.staticCall(bob.address, 6)).to.equal(false);
    expect(await token.connect(bob).transferFrom.staticCall(alice.address, bob.address, 1)).to.equal(false);
    await (await token.approve(bob.address, 9)).wait();
    expect(await token.connect(bob).transferFrom.staticCall(alice.address, bob.address, 5)).to.equal(true);
    expect(await token.connect(bob).transferFrom.staticCall(alice.address, bob.address, 6)).to.equal(false);
    await (await token.setFrozen(true)).wait();
    expect(await token.transfer.staticCall(bob.address, 1)).to.equal(false);
    expect(await token.connect(bob).transferFrom.staticCall(alice.address, bob.address, 1)).to.equal(false);
  });

  it("FeeOnTransferToken: burns its fee, rounded down, on transfers alone", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("FeeOnTransferToken", [18, 100]);
    await (await token.mint(alice.address, 1_000)).wait();
    await (await token.transfer(bob.address, 199)).wait();
    expect(await token.balanceOf(alice.address)).to.equal(801n);
    expect(await token.balanceOf(bob.address)).to.equal(198n);
    expect(await token.totalSupply()).to.equal(999n);
  });

  it("RebasingToken: all balances change at once, and transfers move what they say", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("RebasingToken", [18]);
    await (await token.mint(alice.address, 1_000)).wait();
    await (await token.rebase(2n * 10n ** 18n)).wait();
    await (await token.transfer(bob.address, 500)).wait();
    expect(await token.balanceOf(alice.address)).to.equal(1_500n);
    expect(await token.balanceOf(bob.address)).to.equal(500n);
    await (await token.rebase(10n ** 17n)).wait();
    expect(await token.balanceOf(alice.address)).to.equal(75n);
    expect(await token.totalSupply()).to.equal(100n);
  });

  it("ReentrantToken: makes as many calls as it is armed with, after the money has moved", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("ReentrantToken", [18]);
    await (await token.mint(alice.address, 10)).wait();
    const balance = token.interface.encodeFunctionData("balanceOf", [bob.address]);
    await (await token.arm(await token.getAddress(), balance, 1)).wait();
    await (await token.mint(alice.address, 1)).wait();
    expect(await token.callCount()).to.equal(0n);
    await (await token.transfer(bob.address, 3)).wait();
    await (await token.transfer(bob.address, 3)).wait();
    expect(await token.callCount()).to.equal(1n);
    expect(await token.lastSuccess()).to.equal(true);
    expect(BigInt(await token.lastReturnData())).to.equal(3n);
  });

  it("ReentrantToken: keeps what a failed call reverted with", async () => {
    const { alice, bob } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("ReentrantToken", [18]);
    await (await token.mint(alice.address, 10)).wait();
    const call = token.interface.encodeFunctionData("transfer", [bob.address, 1]);
    await (await token.arm(await token.getAddress(), call, 2)).wait();
    await (await token.transfer(bob.address, 3)).wait();
    // The token itself owns nothing, so its own transfer fails before it could call again.
    expect(await token.callCount()).to.equal(1n);
    expect(await token.lastSuccess()).to.equal(false);
    expect(token.interface.parseError(await token.lastReturnData())?.name).to.equal("ERC20InsufficientBalance");
  });

  it("MockWETH: wraps and unwraps one for one", async () => {
    const { alice } = await networkHelpers.loadFixture(accounts);
    const token = await ethers.deployContract("MockWETH");
    const target = await token.getAddress();
    await (await token.deposit({ value: 5 })).wait();
    await (await alice.sendTransaction({ to: target, value: 2 })).wait();
    expect(await token.balanceOf(alice.address)).to.equal(7n);
    await expect(token.withdraw(3)).to.emit(token, "Withdrawal").withArgs(alice.address, 3);
    expect(await token.balanceOf(alice.address)).to.equal(4n);
    expect(await ethers.provider.getBalance(target)).to.equal(4n);
  });
});
