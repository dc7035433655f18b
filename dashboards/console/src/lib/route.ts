/** Which page an address means. Pure. */

export type Route =
  | { page: "board" }
  | { page: "incident"; incident_id: number }
  | { page: "report"; rescue_code: string }
  | { page: "not_found" };

const INCIDENT_PATH = /^\/incidents\/(\d{1,15})\/?$/;

/** What stands on the sign, as the sign's QR code carries it. */
const REPORT_PATH = /^\/report\/([^/]{1,64})\/?$/;

export function routeOf(path: string): Route {
  if (path === "/" || path === "") return { page: "board" };
  const incident = INCIDENT_PATH.exec(path);
  if (incident) return { page: "incident", incident_id: Number(incident[1]) };
  const report = REPORT_PATH.exec(path);
  const rescue_code = report?.[1] ? decoded(report[1]) : null;
  if (rescue_code) return { page: "report", rescue_code };
  return { page: "not_found" };
}

/** A broken percent sequence is no code, and no crash. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** An address that keeps the language when it was asked for by URL. */
export function pathWithLanguage(path: string, query: string): string {
  const language = new URLSearchParams(query).get("lang");
  return language ? `${path}?lang=${encodeURIComponent(language)}` : path;
}
