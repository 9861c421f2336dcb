// Runs parsed Solidity along one path, on formulas or on plain numbers. What it does not know it refuses: a proof never
// rests on a guess. Integers are mathematical; wherever the machine's could differ (wrapping, truncation, division by
// zero) it notes that they must not, and that is proved first.
import { type Path, Mapping, Struct, Unknown, type Value, WayEnds } from "./path.ts";
import type { Node, Source } from "./source.ts";
import {
  add,
  type Bool,
  both,
  choose,
  either,
  Formula,
  type Int,
  isAtMost,
  isBelow,
  isEqual,
  multiply,
  not,
  subtract,
} from "./terms.ts";

export type Stub = (args: readonly Value[], path: Path) => Value;

interface Frame {
  readonly name: string;
  readonly contract: Node | undefined;
  readonly locals: Map<string, Value>;
  isUnchecked: boolean;
}

/** What a statement did: nothing that ends the function, or return. */
type Completion = { readonly returned: Value } | undefined;

const WORD_BITS = 256;
const UNITS: Readonly<Record<string, bigint>> = {
  seconds: 1n,
  minutes: 60n,
  hours: 3600n,
  days: 86400n,
};

/** OpenZeppelin's Math: what its documentation promises. */
const MATH: Readonly<Record<string, Stub>> = {
  mulDiv: ([x, y, d, rounding], path) => {
    const [product, divisor] = [path.product(x as Int, y as Int), d as Int];
    const mustHold = (condition: Bool): void => (path.mayRevert ? path.require(condition) : path.obligation(condition));
    mustHold(isBelow(0n, divisor));
    const isUp = (rounding as unknown) === "Ceil";
    const dividend = isUp ? add(product, subtract(divisor, 1n)) : product;
    const result = path.quotient(dividend, divisor);
    mustHold(isBelow(result, 1n << 256n));
    return result;
  },
  saturatingMul: ([x, y], path) => {
    const [product, most] = [path.product(x as Int, y as Int), (1n << 256n) - 1n];
    return choose(isAtMost(product, most), product, most);
  },
};

export class Machine {
  readonly #source: Source;
  readonly #path: Path;
  readonly #stubs: ReadonlyMap<string, Stub>;
  #serial = 0;

  /** `stubs` stand for functions that are not run. */
  constructor(source: Source, path: Path, stubs: Readonly<Record<string, Stub>>) {
    this.#source = source;
    this.#path = path;
    this.#stubs = new Map(Object.entries(stubs));
  }

  /** Calls "Contract.function" and returns what it returns. */
  call(name: string, ...args: readonly Value[]): Value {
    const [contractName = "", functionName = ""] = name.split(".");
    const contract = this.#source.global(contractName);
    const target = contract && this.#source.member(contract, functionName, "FunctionDefinition", takes(args.length));
    if (contract === undefined || target === undefined) throw new Error(`there is no ${name}`);
    return this.#run(target, contract, args);
  }

  /** A struct with these fields; the others are zero. */
  struct(type: string, fields: Readonly<Record<string, Value>> = {}): Struct {
    const found = this.#source.struct(type);
    if (found === undefined) throw new Error(`there is no struct ${type}`);
    const members = (found.node.members ?? []).map((member): [string, Value] => {
      const given = fields[member.name ?? ""];
      return [member.name ?? "", given ?? this.#zero(member.typeName)];
    });
    return new Struct(type, new Map(members));
  }

  // ---------------------------------------------------------------- functions

  #run(definition: Node, contract: Node | undefined, args: readonly Value[]): Value {
    const name = definition.name ?? "";
    const stub = this.#stubs.get(name);
    if (stub !== undefined) return stub(args, this.#path);
    // Without a body: what the pool reads of its own terms, say.
    if (!definition.body) return this.#unknown(`${name}()`);
    const frame: Frame = { name, contract, locals: new Map(), isUnchecked: false };
    (definition.parameters?.parameters ?? []).forEach((parameter, index) => {
      frame.locals.set(parameter.name ?? "", args[index]);
    });
    const outputs = definition.returnParameters?.parameters ?? [];
    for (const output of outputs) if (output.name) frame.locals.set(output.name, this.#zero(output.typeName));

    const completion = this.#statement(definition.body, frame);
    if (completion?.returned !== undefined) return completion.returned;
    const named = outputs.map(({ name: output = "" }) => frame.locals.get(output));
    return named.length > 1 ? named : named[0];
  }

  #zero(type: Node | undefined): Value {
    if (type?.nodeType === "Mapping") {
      return new Mapping(() => this.#zero(type.valueType) as Struct);
    }
    if (type?.nodeType === "UserDefinedTypeName") {
      const name = type.pathNode?.name ?? "";
      return this.#source.struct(name) === undefined ? 0n : this.struct(name);
    }
    return type?.name === "bool" ? false : 0n;
  }

  /** Something that can be anything, and is the same each time it is named alike. */
  #unknown(name: string): Unknown {
    return new Unknown(name);
  }

  // ---------------------------------------------------------------- statements

  #statement(node: Node, frame: Frame): Completion {
    switch (node.nodeType) {
      case "Block":
      case "UncheckedBlock": {
        const outer = frame.isUnchecked;
        frame.isUnchecked ||= node.nodeType === "UncheckedBlock";
        for (const statement of node.statements ?? []) {
          const completion = this.#statement(statement, frame);
          if (completion !== undefined) return completion;
        }
        frame.isUnchecked = outer;
        return undefined;
      }
      case "VariableDeclarationStatement": {
        const declared = node.declarations ?? [];
        const value = node.initialValue ? this.#value(node.initialValue, frame) : undefined;
        declared.forEach((declaration, index) => {
          if (!declaration) return;
          const part = declared.length > 1 && Array.isArray(value) ? (value as readonly Value[])[index] : value;
          this.#setLocal(frame, declaration.name ?? "", part === undefined ? this.#zero(declaration.typeName) : part);
        });
        return undefined;
      }
      case "ExpressionStatement":
        this.#value(required(node.expression), frame);
        return undefined;
      case "Return":
        return { returned: node.expression ? this.#value(node.expression, frame) : undefined };
      case "IfStatement":
        if (this.#path.fork(this.#bool(required(node.condition), frame))) {
          return this.#statement(required(node.trueBody), frame);
        }
        return node.falseBody ? this.#statement(node.falseBody, frame) : undefined;
      case "WhileStatement":
        for (;;) {
          const goesOn = this.#bool(required(node.condition), frame);
          // Without asking, a loop would have a way for each number of turns.
          if (!this.#path.canBe(goesOn) || !this.#path.fork(goesOn)) break;
          const completion = this.#statement(required(node.body), frame);
          if (completion !== undefined) return completion;
        }
        return undefined;
      case "RevertStatement":
        throw new WayEnds();
      case "EmitStatement":
        return undefined;
      default:
        throw new Error(`${node.nodeType} is not known (in ${frame.name})`);
    }
  }

  #setLocal(frame: Frame, name: string, value: Value): void {
    frame.locals.set(name, this.#path.bind(`${frame.name}.${name}`, value));
  }

  #assign(target: Node, value: Value, frame: Frame): void {
    if (target.nodeType === "Identifier" && frame.locals.has(target.name ?? "")) {
      this.#setLocal(frame, target.name ?? "", value);
      return;
    }
    if (target.nodeType === "TupleExpression") {
      (target.components ?? []).forEach((component, index) => {
        if (component) this.#assign(component, (value as readonly Value[])[index], frame);
      });
      return;
    }
    if (target.nodeType === "MemberAccess") {
      const owner = this.#value(required(target.expression), frame);
      const field = target.memberName ?? "";
      if (owner instanceof Struct) {
        owner.fields.set(field, this.#path.bind(`${owner.type}.${field}`, value));
        return;
      }
      if (owner instanceof Unknown) return; // storage that is not looked at
    }
    if (target.nodeType === "IndexAccess") {
      const base = this.#value(required(target.baseExpression), frame);
      if (base instanceof Mapping && value instanceof Struct) {
        base.entries.set(this.#key(required(target.indexExpression), frame), value.copy());
        return;
      }
      if (base instanceof Unknown) return;
    }
    if (target.nodeType === "Identifier") return; // a state variable
    throw new Error(`can't assign to ${target.nodeType} (in ${frame.name})`);
  }

  // ---------------------------------------------------------------- expressions

  #int(node: Node, frame: Frame): Int {
    return this.#asInt(this.#value(node, frame));
  }

  #asInt(value: Value): Int {
    if (value instanceof Unknown) return this.#path.input(value.name);
    if (typeof value === "bigint" || value instanceof Formula) return value;
    throw new Error("not a number");
  }

  #bool(node: Node, frame: Frame): Bool {
    const value = this.#value(node, frame);
    if (value instanceof Unknown) return this.#path.flag(value.name);
    if (typeof value === "boolean" || value instanceof Formula) return value;
    throw new Error("not a condition");
  }

  #value(node: Node, frame: Frame): Value {
    switch (node.nodeType) {
      case "Literal":
        return literal(node);
      case "Identifier":
        return this.#identifier(node.name ?? "", frame);
      case "TupleExpression": {
        const parts = (node.components ?? []).map((component) =>
          component ? this.#value(component, frame) : undefined,
        );
        return parts.length === 1 ? parts[0] : parts;
      }
      case "Conditional":
        return this.#conditional(node, frame);
      case "UnaryOperation":
        return this.#unary(node, frame);
      case "BinaryOperation":
        return this.#binary(node, frame);
      case "Assignment": {
        const target = required(node.leftHandSide);
        const operator = (node.operator ?? "=").slice(0, -1);
        const right = this.#value(required(node.rightHandSide), frame);
        const value =
          operator === "" ? right : this.#arithmetic(operator, this.#int(target, frame), this.#asInt(right), frame);
        this.#assign(target, value, frame);
        return value;
      }
      case "IndexAccess": {
        const base = this.#value(required(node.baseExpression), frame);
        const key = this.#key(required(node.indexExpression), frame);
        if (base instanceof Mapping) {
          const entry = base.entries.get(key) ?? base.fresh();
          base.entries.set(key, entry);
          return entry.copy();
        }
        if (base instanceof Unknown) return this.#unknown(`${base.name}[${key}]`);
        throw new Error(`can't look up [${key}] (in ${frame.name})`);
      }
      case "MemberAccess":
        return this.#memberAccess(node, frame);
      case "FunctionCall":
        return this.#functionCall(node, frame);
      default:
        throw new Error(`${node.nodeType} is not known (in ${frame.name})`);
    }
  }

  #key(node: Node, frame: Frame): string {
    const value = this.#value(node, frame);
    if (value instanceof Unknown) return value.name;
    if (value instanceof Formula) return value.smt.replaceAll("|", "");
    if (typeof value === "bigint") return value.toString();
    throw new Error(`a key that is no number (in ${frame.name})`);
  }

  #identifier(name: string, frame: Frame): Value {
    if (frame.locals.has(name)) return frame.locals.get(name);
    const own =
      frame.contract === undefined ? undefined : this.#source.member(frame.contract, name, "VariableDeclaration");
    const variable = own ?? this.#source.global(name);
    if (variable?.nodeType === "VariableDeclaration") {
      return variable.value ? this.#value(variable.value as Node, constants(frame)) : this.#unknown(name);
    }
    if (name === "block" || name === "msg" || name === "this") return this.#unknown(name);
    throw new Error(`"${name}" is not known (in ${frame.name})`);
  }

  #memberAccess(node: Node, frame: Frame): Value {
    const base = required(node.expression);
    const member = node.memberName ?? "";
    if (base.nodeType === "FunctionCall" && base.expression?.name === "type") {
      const bits = width(base.arguments?.[0]?.typeName?.name ?? "");
      if (member === "max") return (1n << BigInt(bits)) - 1n;
    }
    if (base.nodeType === "MemberAccess" && base.expression?.name === "Math") return member as unknown as Value; // an enum's
    if (base.nodeType === "Identifier" && !frame.locals.has(base.name ?? "")) {
      const library = this.#source.global(base.name ?? "");
      const constant = library && this.#source.member(library, member, "VariableDeclaration");
      if (constant?.value) return this.#value(constant.value as Node, { ...constants(frame), contract: library });
    }
    const value = this.#value(base, frame);
    if (value instanceof Struct && value.fields.has(member)) return value.fields.get(member);
    if (value instanceof Unknown) return this.#unknown(`${value.name}.${member}`);
    throw new Error(`.${member} is not known (in ${frame.name})`);
  }

  /** One of two values. Only what may revert or differ in its effects makes a fork. */
  #conditional(node: Node, frame: Frame): Value {
    const condition = this.#bool(required(node.condition), frame);
    const [first, second] = [required(node.trueExpression), required(node.falseExpression)];
    if (typeof condition === "boolean" || this.#mustFork(first, frame) || this.#mustFork(second, frame)) {
      return this.#value(this.#path.fork(condition) ? first : second, frame);
    }
    const a = this.#path.under(condition, () => this.#value(first, frame));
    const b = this.#path.under(not(condition), () => this.#value(second, frame));
    if (typeof a === "boolean" || typeof b === "boolean") {
      return either(both(condition, a as Bool), both(not(condition), b as Bool));
    }
    return choose(condition, this.#asInt(a), this.#asInt(b));
  }

  #mustFork(node: Node, frame: Frame): boolean {
    if (this.#path.isGuarded) return false; // then a fork inside is refused
    if (node.nodeType === "BinaryOperation" && /^(\*\*|<<|>>)$/.test(node.operator ?? "")) return true;
    if (node.nodeType === "FunctionCall") {
      const library = node.expression?.expression?.name;
      const isPlain = library === "Rounding" || node.expression?.nodeType === "ElementaryTypeNameExpression";
      if (!isPlain && node.expression?.memberName !== "mulDiv") return true;
    }
    return Object.values(node).some((child: unknown) =>
      (Array.isArray(child) ? child : [child]).some(
        (part: unknown) =>
          typeof part === "object" && part !== null && "nodeType" in part && this.#mustFork(part as Node, frame),
      ),
    );
  }

  #unary(node: Node, frame: Frame): Value {
    const target = required(node.subExpression);
    if (node.operator === "!") return not(this.#bool(target, frame));
    if (node.operator === "~") {
      const value = this.#int(target, frame);
      if (typeof value === "bigint") return ((1n << 256n) - 1n) ^ value;
    }
    if (node.operator === "++" && node.prefix === true) {
      const value = this.#arithmetic("+", this.#int(target, frame), 1n, frame);
      this.#assign(target, value, frame);
      return value;
    }
    throw new Error(`${node.operator ?? ""} is not known (in ${frame.name})`);
  }

  #binary(node: Node, frame: Frame): Value {
    const [left, right] = [required(node.leftExpression), required(node.rightExpression)];
    const operator = node.operator ?? "";
    if (operator === "&&" || operator === "||") {
      const a = this.#bool(left, frame);
      const isDecided = a === (operator === "||");
      if (isDecided) return a;
      const b = this.#path.under(operator === "&&" ? a : not(a), () => this.#bool(right, frame));
      return operator === "&&" ? both(a, b) : either(a, b);
    }
    const [a, b] = [this.#int(left, frame), this.#int(right, frame)];
    switch (operator) {
      case "==":
        return isEqual(a, b);
      case "!=":
        return not(isEqual(a, b));
      case "<":
        return isBelow(a, b);
      case "<=":
        return isAtMost(a, b);
      case ">":
        return isBelow(b, a);
      case ">=":
        return isAtMost(b, a);
      default:
        return this.#arithmetic(operator, a, b, frame);
    }
  }

  #arithmetic(operator: string, a: Int, b: Int, frame: Frame): Int {
    const path = this.#path;
    const isConstant = frame.name === CONSTANTS;
    switch (operator) {
      case "+":
        return this.#fits(add(a, b), frame);
      case "-":
        this.#must(isAtMost(b, a), frame);
        return subtract(a, b);
      case "*":
        return this.#fits(path.product(a, b), frame);
      case "/":
        this.#must(not(isEqual(b, 0n)), frame);
        return path.quotient(a, b);
      case "**":
        // a base of at least two: any exponent of 256 or more overflows
        if (typeof a === "bigint") return this.#fits(a ** path.enumerate(b, WORD_BITS), frame);
        break;
      case "<<":
        return this.#fits(multiply(a, 1n << path.enumerate(b, WORD_BITS)), isConstant ? frame : UNCHECKED);
      case ">>":
        return path.quotient(a, 1n << path.enumerate(b, WORD_BITS));
      case "&":
        // of a mask of low bits: the remainder
        if (typeof b === "bigint" && (b & (b + 1n)) === 0n) {
          return subtract(a, multiply(path.quotient(a, b + 1n), b + 1n));
        }
        break;
    }
    throw new Error(`${operator} is not known (in ${frame.name})`);
  }

  #fits(value: Int, frame: Frame): Int {
    this.#must(isBelow(value, 1n << 256n), frame);
    return value;
  }

  /** What the machine needs: else it reverts, or, unchecked, goes on with something else. */
  #must(condition: Bool, frame: Frame): void {
    if (this.#path.mayRevert && !frame.isUnchecked) this.#path.require(condition);
    else this.#path.obligation(condition);
  }

  // ---------------------------------------------------------------- calls

  #functionCall(node: Node, frame: Frame): Value {
    const callee = required(node.expression);
    const args = (node.arguments ?? []).map((argument) => (): Value => this.#value(argument, frame));
    const evaluated = (): Value[] => args.map((argument) => argument());

    if (callee.nodeType === "ElementaryTypeNameExpression") return this.#cast(callee, args[0]?.(), frame);
    if (callee.nodeType === "Identifier") return this.#callByName(node, callee.name ?? "", evaluated(), frame);
    if (callee.nodeType !== "MemberAccess") throw new Error(`a call of ${callee.nodeType} (in ${frame.name})`);

    const member = callee.memberName ?? "";
    const base = required(callee.expression);
    if (base.nodeType === "Identifier" && !frame.locals.has(base.name ?? "")) {
      const name = base.name ?? "";
      if (name === "Math") {
        const math = MATH[member];
        if (math === undefined) throw new Error(`Math.${member} is not known`);
        return math(evaluated(), this.#path);
      }
      if (name === "abi") return this.#unknown("abi");
      const scope = this.#source.global(name);
      if (scope?.nodeType === "UserDefinedValueTypeDefinition") return evaluated()[0]; // wrap and unwrap
      if (scope?.nodeType === "ContractDefinition") {
        const struct = this.#source.struct(`${name}.${member}`);
        if (struct !== undefined) return this.#construct(`${name}.${member}`, node, evaluated());
        return this.#callIn(scope, member, evaluated());
      }
    }
    const self = this.#value(base, frame);
    const values = evaluated();
    if (self instanceof Unknown) {
      // Called without arguments it is a field: the same each time. Else it is new.
      return this.#unknown(`${self.name}.${member}${values.length === 0 ? "" : `#${++this.#serial}`}`);
    }
    const library = this.#libraryWith(member, values.length + 1, frame);
    return this.#callIn(library, member, [self, ...values]);
  }

  #callByName(node: Node, name: string, args: readonly Value[], frame: Frame): Value {
    if (name === "gasleft" || name === "keccak256") return this.#unknown(name);
    if (this.#source.struct(name) !== undefined) return this.#construct(name, node, args);
    const own = frame.contract && this.#source.member(frame.contract, name, "FunctionDefinition", takes(args.length));
    if (own !== undefined) return this.#run(own, frame.contract, args);
    const free = this.#source.global(name);
    if (free?.nodeType === "FunctionDefinition") return this.#run(free, undefined, args);
    if (frame.contract && this.#source.struct(`${frame.contract.name ?? ""}.${name}`) !== undefined) {
      return this.#construct(`${frame.contract.name ?? ""}.${name}`, node, args);
    }
    const stub = this.#stubs.get(name); // inherited from elsewhere
    if (stub !== undefined) return stub(args, this.#path);
    if (free === undefined && /^I[A-Z]/.test(name)) return args[0]; // an interface around an address
    throw new Error(`${name}() is not known (in ${frame.name})`);
  }

  #callIn(scope: Node, name: string, args: readonly Value[]): Value {
    const target = this.#source.member(scope, name, "FunctionDefinition", takes(args.length));
    if (target === undefined) throw new Error(`there is no ${scope.name ?? ""}.${name}`);
    return this.#run(target, scope, args);
  }

  /** The library that lends a contract this function. */
  #libraryWith(name: string, parameters: number, frame: Frame): Node {
    const lent = (frame.contract ? this.#source.lineage(frame.contract) : [])
      .flatMap((contract) => contract.nodes ?? [])
      .filter((node) => node.nodeType === "UsingForDirective")
      .map((node) => this.#source.global(node.libraryName?.name ?? ""))
      .filter((library): library is Node => library !== undefined)
      .filter((library) => this.#source.member(library, name, "FunctionDefinition", takes(parameters)));
    const [library] = lent;
    if (library === undefined) throw new Error(`.${name}() is not known (in ${frame.name})`);
    return library;
  }

  #construct(type: string, node: Node, args: readonly Value[]): Struct {
    const members = this.#source.struct(type)?.node.members ?? [];
    const names = node.names?.length ? node.names : members.map(({ name = "" }) => name);
    return this.struct(type, Object.fromEntries(names.map((name, index) => [name, args[index]])));
  }

  /** A number as another type. A narrower one would cut digits off: it must not. */
  #cast(type: Node, value: Value, frame: Frame): Value {
    const bits = width(type.typeName?.name ?? "");
    if (bits < WORD_BITS && value !== undefined) {
      this.#must(isBelow(this.#asInt(value), 1n << BigInt(bits)), { ...frame, isUnchecked: true });
    }
    return value;
  }
}

// ---------------------------------------------------------------- helpers

const CONSTANTS = "a constant";
const UNCHECKED: Frame = { name: "", contract: undefined, locals: new Map(), isUnchecked: true };

const constants = (frame: Frame): Frame => ({
  name: CONSTANTS,
  contract: frame.contract,
  locals: new Map(),
  isUnchecked: false,
});

function takes(count: number): (node: Node) => boolean {
  return (node) => node.parameters?.parameters.length === count;
}

function required<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error("the parser left something out");
  return value;
}

/** uint128 has 128 bits; what is no number (an address, say) is not cut. */
function width(type: string): number {
  const bits = /^uint(\d*)$/.exec(type)?.[1];
  return bits === undefined || bits === "" ? WORD_BITS : Number(bits);
}

function literal(node: Node): Value {
  if (node.kind === "bool") return node.value === "true";
  if (node.kind !== "number") return 0n;
  const text = String(node.value).replaceAll("_", "");
  const unit = UNITS[node.subdenomination ?? "seconds"] ?? 1n;
  if (text.startsWith("0x")) return BigInt(text) * unit;
  const [, whole = "0", fraction = "", exponent = "0"] = /^(\d*)\.?(\d*)(?:e(\d+))?$/.exec(text) ?? [];
  const shift = Number(exponent) - fraction.length;
  if (shift < 0) throw new Error(`${text} is not whole`);
  return BigInt(whole + fraction) * 10n ** BigInt(shift) * unit;
}
