/** Every channel by which people are told: whether it works, since when not, and what waits. */

import { useRef } from "preact/hooks";

import type { ChannelHealth } from "../api/types";
import { useChannels } from "./channels";
import { CommandStrip, useCommands } from "./commands";
import { useApi, useLive, useText } from "./contexts";
import { useKeys } from "./keys";
import { ageText, Time } from "./words";

const MAY_TEST = ["dispatcher", "operator"];

export function ChannelPanel() {
  const text = useText();
  const { t } = text;
  const { account } = useApi();
  const { client_now_ms } = useLive();
  const { known, loaded_at_ms, failed, reload } = useChannels();
  const commands = useCommands(reload);
  const heading = useRef<HTMLHeadingElement>(null);
  useKeys({ n: () => heading.current?.focus() });
  const test = (channel: ChannelHealth) => {
    const { destination, channel_name } = channel;
    const name = t("channels.test_of", { destination, channel: channel_name });
    void commands.run(name, `/api/notifications/channels/${destination}/${channel_name}/test`, {});
  };
  return (
    <section class="channels panel" aria-labelledby="channels-title">
      <h2 id="channels-title" ref={heading} tabIndex={-1}>{t("channels.title")}</h2>
      {failed && <p class="muted" role="alert">{t("channels.load_failed")}</p>}
      {known?.channels.length === 0 && <p class="muted">{t("channels.none")}</p>}
      <ul class="channel-list">
        {known?.channels.map((channel) => (
          <ChannelRow
            key={`${channel.destination}/${channel.channel_name}`}
            channel={channel}
            busy={commands.busy}
            test={MAY_TEST.includes(account.role) && channel.next_test_at !== null ? () => test(channel) : null}
          />
        ))}
      </ul>
      <CommandStrip status={commands.status} />
      {known && (
        <p class="muted small-text">
          {t("channels.as_of", { age: ageText(text, (client_now_ms - loaded_at_ms) / 1000) })}
        </p>
      )}
    </section>
  );
}

interface ChannelRowProps {
  channel: ChannelHealth;
  busy: boolean;
  test: (() => void) | null;
}

function ChannelRow({ channel, busy, test }: ChannelRowProps) {
  const text = useText();
  const { t, word } = text;
  const works = channel.failing_since === null;
  const untried = works && channel.last_sent_age_s === null;
  const state = untried ? "untried" : works ? "works" : "failing";
  const [before, after] = t("channels.failing_since", { time: "\n" }).split("\n");
  return (
    <li class={`channel ${state}`} data-channel={`${channel.destination}/${channel.channel_name}`}>
      <p>
        <strong class="channel-state">
          <span aria-hidden="true">{works ? (untried ? "◌" : "✓") : "⚠"}</span> {t(`channels.${state}`)}
        </strong>{" · "}
        <strong>{channel.destination} / {channel.channel_name}</strong>{" "}
        <span class="muted">
          · {word("audience", channel.who)} · {word("channel_kind", channel.kind)}
        </span>
      </p>
      {!works && (
        <p class="channel-error">
          {before}<Time at={channel.failing_since} />{after} {channel.last_error}
        </p>
      )}
      <p class="small-text digits">
        {channel.last_sent_age_s === null
          ? t("channels.never_sent")
          : t("channels.last_sent", { age: ageText(text, channel.last_sent_age_s) })}
        {channel.waiting_count > 0 && (
          <span class="waiting">
            {" · "}
            {t("channels.waiting", {
              count: channel.waiting_count,
              age: ageText(text, channel.oldest_waiting_age_s ?? 0),
            })}
          </span>
        )}
        {channel.gave_up_count > 0 && <span class="gave-up"> · {t("channels.gave_up", { count: channel.gave_up_count })}</span>}
      </p>
      {test && (
        <button
          type="button"
          disabled={busy}
          onClick={test}
          aria-label={t("channels.test_of", { destination: channel.destination, channel: channel.channel_name })}
        >
          {t("channels.test")}
        </button>
      )}
    </li>
  );
}
