import type { ComponentChildren } from "preact";

import { pathWithLanguage } from "../lib/route";
import { usePlace } from "./contexts";

interface LinkProps {
  to: string;
  children: ComponentChildren;
  class?: string;
  onFocus?: () => void;
}

/** An ordinary link that does not reload the page; opening it in a new tab still works. */
export function Link({ to, children, ...others }: LinkProps) {
  const place = usePlace();
  const address = pathWithLanguage(to, place.query);
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    place.go(address);
  };
  return (
    <a {...others} href={address} onClick={follow}>
      {children}
    </a>
  );
}
