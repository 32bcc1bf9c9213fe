import { For, Show } from 'solid-js';
import { createSessions } from './solidsessions';

export function Sessions({ client, tokens }) {
  const { sessions, ended } = createSessions(client, tokens);
  return (
    <Show when={ended() === undefined} fallback={<p role="status">Signed out: {ended()?.cause}</p>}>
      <ul>
        <For each={sessions()}>{(session) => <li>{session.name ?? session.device.name}</li>}</For>
      </ul>
    </Show>
  );
}
