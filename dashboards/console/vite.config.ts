import { defineConfig } from "vite";

// The API serves what is built here, next to itself: one origin, no cross-origin rules.
const BUILD_FOLDER = "../../platform/liftward_platform/api/console";
const API_URL = process.env["LIFTWARD_API_URL"] ?? "http://127.0.0.1:9633";

export default defineConfig({
  build: { outDir: BUILD_FOLDER, emptyOutDir: true, reportCompressedSize: false },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/api": { target: API_URL } } },
});
