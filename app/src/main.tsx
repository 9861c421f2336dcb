import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { AppContext, createApp } from "./chain/app.js";
import { type Config, ConfigError, loadConfig } from "./config.js";
import { Shell } from "./shell/shell.js";
import { Notice } from "./ui/layout.js";

const place = document.querySelector("#root");
if (place === null) throw new Error("index.html has no #root");
const root = createRoot(place);

function show(config: Config): void {
  root.render(
    <StrictMode>
      <AppContext value={createApp(config)}>
        <Shell />
      </AppContext>
    </StrictMode>,
  );
}

function showProblem(error: unknown): void {
  root.render(
    <main className="page stack">
      <h1>Mutua</h1>
      <Notice tone="bad" title="This page is not set up" isUrgent>
        {error instanceof ConfigError ? error.message : `Something is wrong with the page itself: ${String(error)}`}
      </Notice>
    </main>,
  );
}

loadConfig().then(show).catch(showProblem);
