/** Which page an address means. Pure. */

export type Route =
  | { page: "board" }
  | { page: "incident"; incident_id: number }
  | { page: "not_found" };

const INCIDENT_PATH = /^\/incidents\/(\d{1,15})\/?$/;

export function routeOf(path: string): Route {
  if (path === "/" || path === "") return { page: "board" };
  const incident = INCIDENT_PATH.exec(path);
  if (incident) return { page: "incident", incident_id: Number(incident[1]) };
  return { page: "not_found" };
}

/** An address that keeps the language when it was asked for by URL. */
export function pathWithLanguage(path: string, query: string): string {
  const language = new URLSearchParams(query).get("lang");
  return language ? `${path}?lang=${encodeURIComponent(language)}` : path;
}
