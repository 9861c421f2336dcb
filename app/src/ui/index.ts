export * from "./action.js";
export { announce } from "./announce.js";
export * from "./fields.js";
export * from "./format.js";
export * from "./layout.js";
export * from "./values.js";
