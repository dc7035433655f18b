// Node-RED without its editor: only the flow runs. `pg` is loaded by the function node, the way the
// documentation describes ("Writing Functions", loading additional modules).
module.exports = {
    uiHost: "127.0.0.1",
    uiPort: Number(process.env.BENCH_HTTP_PORT),
    httpAdminRoot: false,
    httpNodeRoot: false,
    flowFile: "flows.json",
    credentialSecret: false,
    functionExternalModules: true,
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    telemetry: { enabled: false, updateNotification: false },
    logging: { console: { level: "info", metrics: false, audit: false } },
};
