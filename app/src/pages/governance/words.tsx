// A sentence with its addresses and times, and a market's name.
import { Fragment } from "react";

import { MARKET } from "../../paths.js";
import { to } from "../../shell/router.js";
import { Address, Time } from "../../ui/index.js";
import type { Sentence } from "./sentences.js";

export function Words({ sentence }: { sentence: Sentence }) {
  return sentence.map((phrase, i) => (
    <Fragment key={i}>
      {typeof phrase === "string" ? (
        phrase
      ) : "address" in phrase ? (
        <Address value={phrase.address} hasCopy={false} />
      ) : (
        <Time at={phrase.time} />
      )}
    </Fragment>
  ));
}

export const MarketLink = ({
  market: { name, title },
}: {
  market: { readonly name: string; readonly title: string };
}) => <a href={to(MARKET, { name })}>{title}</a>;
