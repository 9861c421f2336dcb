// What is signed under EIP-712.
const ENDING = [
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
];

export const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    ...ENDING,
  ],
};

export const SET_OPERATOR = {
  SetOperator: [
    { name: "owner", type: "address" },
    { name: "operator", type: "address" },
    { name: "approved", type: "bool" },
    ...ENDING,
  ],
};
