// What the code takes from its environment beyond the language; neither Node's types nor the DOM's are at hand.
interface ErrorConstructor {
  stackTraceLimit: number;
}
