/** Who is signed in, in which language, at which address: everything else hangs below. */

import { useCallback, useMemo, useState } from "preact/hooks";

import type { Result } from "./api/client";
import { get, getBlob, getText, post, remove, upload } from "./api/client";
import { CommandKeys } from "./api/commandKeys";
import { storedSession, storeSession } from "./api/session";
import type { Session } from "./api/types";
import { routeOf } from "./lib/route";
import { LiveProvider } from "./live/LiveProvider";
import { BoardPage } from "./pages/BoardPage";
import { CrewPage } from "./pages/CrewPage";
import { IncidentPage } from "./pages/IncidentPage";
import { NotFoundPage, RolePage } from "./pages/PlainPages";
import { ReportPage } from "./pages/ReportPage";
import { SignInPage } from "./pages/SignInPage";
import { UseUnitPage } from "./pages/UseUnitPage";
import { Banners } from "./parts/Banners";
import { ChannelBanner } from "./parts/ChannelBanner";
import type { Api } from "./parts/contexts";
import { ApiContext, PlaceContext, TextContext, useApi, usePlace, useText } from "./parts/contexts";
import { HelpDialog } from "./parts/HelpDialog";
import { useKeys } from "./parts/keys";
import { usePlaceState } from "./parts/place";
import { TopBar } from "./parts/TopBar";
import type { Language } from "./text";
import { chosenLanguage, storedLanguage, storeLanguage, textIn } from "./text";

const BOARD_ROLES = ["dispatcher", "regulator", "operator"];

function useLanguage(query: string, go: (address: string, how: "replace") => void) {
  const [chosen, setChosen] = useState<Language | null>(null);
  const language = chosen ?? chosenLanguage(query, storedLanguage(), navigator.language);
  document.documentElement.lang = language;
  const choose = (name: Language) => {
    storeLanguage(name);
    setChosen(name);
    const parameters = new URLSearchParams(location.search);
    if (!parameters.has("lang")) return;
    parameters.set("lang", name);
    go(`${location.pathname}?${parameters}`, "replace");
  };
  return { text: useMemo(() => textIn(language), [language]), choose };
}

export function App() {
  const place = usePlaceState();
  const { text, choose } = useLanguage(place.query, place.go);
  const [session, setSession] = useState<Session | null>(storedSession);
  const [ended, setEnded] = useState(false);
  const route = routeOf(place.path);

  const keep = useCallback((next: Session | null, hasEnded: boolean) => {
    storeSession(next);
    setSession(next);
    setEnded(hasEnded);
  }, []);
  const expire = useCallback(() => keep(null, true), [keep]);

  return (
    <TextContext.Provider value={text}>
      <PlaceContext.Provider value={place}>
        {route.page === "report" ? (
          <ReportPage rescue_code={route.rescue_code} chooseLanguage={choose} />
        ) : session ? (
          <SignedIn session={session} chooseLanguage={choose} leave={() => keep(null, false)} expire={expire} />
        ) : (
          <SignInPage ended={ended} chooseLanguage={choose} signedIn={(next) => keep(next, false)} />
        )}
      </PlaceContext.Provider>
    </TextContext.Provider>
  );
}

function useApiOf(session: Session, expire: () => void): Api {
  return useMemo(() => {
    const keys = new CommandKeys();
    const { token, account } = session;
    /** Whoever is told that the sign-in is over is shown the way in again. */
    const watched = async <T,>(answer: Promise<Result<T>>): Promise<Result<T>> => {
      const result = await answer;
      if (!result.ok && result.failure.kind === "refused" && result.failure.status === 401) expire();
      return result;
    };
    return {
      account,
      get: (path, signal) => watched(get<never>(path, { token, signal })),
      getText: (path, signal) => watched(getText(path, { token, signal })),
      getBlob: (path) => watched(getBlob(path, { token })),
      post: async (path, body) => {
        const result = await watched(post<never>(path, body, keys.keyFor(path, body), { token }));
        keys.settle(path, body, result);
        return result;
      },
      upload: (path, bytes, key) => watched(upload<never>(path, bytes, key, { token })),
      remove: (path) => watched(remove(path, { token })),
    };
  }, [session, expire]);
}

interface SignedInProps {
  session: Session;
  chooseLanguage: (language: Language) => void;
  leave: () => void;
  expire: () => void;
}

function SignedIn({ session, chooseLanguage, leave, expire }: SignedInProps) {
  const { t } = useText();
  const api = useApiOf(session, expire);
  const [help, setHelp] = useState(false);
  const showLive = BOARD_ROLES.includes(session.account.role);
  useKeys({ "?": showLive ? () => setHelp(true) : undefined });
  // The token is worth nothing here any more, whatever the server answers.
  const signOut = () => void remove("/api/session", { token: session.token }).then(leave);

  return (
    <ApiContext.Provider value={api}>
      <LiveProvider token={session.token} listen={showLive} expire={expire}>
        <a class="skip" href="#content">{t("app.skip")}</a>
        <TopBar {...{ showLive, chooseLanguage, signOut }} openHelp={() => setHelp(true)} />
        {showLive && <Banners />}
        {showLive && <ChannelBanner />}
        <main id="content" tabIndex={-1}>
          <Page />
        </main>
        {help && <HelpDialog onClose={() => setHelp(false)} />}
      </LiveProvider>
    </ApiContext.Provider>
  );
}

function Page() {
  const { path } = usePlace();
  const { role } = useApi().account;
  const route = routeOf(path);
  if (role === "crew") return <CrewPage />;
  if (role === "use_unit") return <UseUnitPage />;
  if (!BOARD_ROLES.includes(role)) return <RolePage />;
  if (route.page === "board") return <BoardPage />;
  if (route.page === "incident") return <IncidentPage key={route.incident_id} incident_id={route.incident_id} />;
  return <NotFoundPage />;
}
