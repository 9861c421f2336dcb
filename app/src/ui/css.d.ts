import "react";

declare module "react" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- it is added to
  interface CSSProperties {
    [name: `--${string}`]: string | number;
  }
}
