/** Loud, on every page: an order that reached nobody, and channels that do not work. */

import { pathWithLanguage } from "../lib/route";
import { useChannels } from "./channels";
import { usePlace, useText } from "./contexts";
import { Link } from "./Link";
import { Time } from "./words";

export function ChannelBanner() {
  const { t } = useText();
  const { query } = usePlace();
  const { known } = useChannels();
  if (!known) return null;
  const failing = known.channels.filter((channel) => channel.failing_since !== null);
  const lost = known.orders_not_delivered;
  return (
    <>
      {lost.length > 0 && (
        <div class="banner bad" role="alert">
          <strong>⚠ {t("channels.not_delivered", { count: lost.length })}</strong>{" "}
          <span>{t("channels.telephone")}</span>
          <ul class="banner-list">
            {lost.map((order) => (
              <li key={order.order_id}>
                <Link to={pathWithLanguage(`/incidents/${order.incident_id}`, query)}>
                  {t("channels.lost_order", { order: order.order_id, crew: order.crew_name, incident: order.incident_id })}
                </Link>{" "}
                <Time at={order.ended_at} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {failing.length > 0 && (
        <div class="banner soon" role="alert">
          <strong>⚠ {t("channels.failing_count", { count: failing.length })}</strong>{" "}
          {failing.map((channel) => `${channel.destination} / ${channel.channel_name}`).join("; ")}
        </div>
      )}
    </>
  );
}
