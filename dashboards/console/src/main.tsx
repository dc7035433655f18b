import { render } from "preact";

import { App } from "./app";
import { CrashGuard } from "./parts/CrashGuard";
import "./style/tokens.css";
import "./style/base.css";
import "./style/board.css";
import "./style/incident.css";
import "./style/crew.css";

const root = document.getElementById("app");
if (!root) throw new Error("index.html lacks the element with id app");
render(
  <CrashGuard>
    <App />
  </CrashGuard>,
  root,
);
