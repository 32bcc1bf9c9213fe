import { CancelledError } from '@tanstack/react-query';
import { dropSignedOut, readToken } from '../tokens/token-store.ts';
import type { ListChange } from './list-changes.ts';
import { currentKey, listKey, refreshList, type QueryParts } from './queries.ts';
import type { ReceivedSessionInfo } from './session-client.ts';
import { refetchOthers } from './shared-list.ts';
import { tokenVersionOf } from './token-version.ts';
import { userOf } from './user-change.ts';

/** A change for the server. */
export interface ListChangeInput extends ListChange {
  /** Whether to revoke all sessions but the current one: `ids` are those that the page knows. */
  readonly others?: boolean;
}

type List = readonly ReceivedSessionInfo[];

/** The server revokes at most this many sessions in a call. */
const maxIds = 100;

/** Sends a change to the server, and then to the cache. */
export async function sendListChange(
  { client, queryClient, tokens, tokenVersion, changes }: QueryParts,
  input: ListChangeInput,
): Promise<void> {
  const { rename, revoke, revokeOthers } = client.sessions;
  const { ids, name, others = false } = input;
  const queryKey = listKey(tokenVersion);
  const edit = (update: (list: List) => List) =>
    void queryClient.setQueryData<List>(queryKey, (list) => list && update(list));
  const remove = (gone: readonly string[]) => edit((list) => list.filter(({ id }) => !gone.includes(id)));

  /**
   * The next user may have signed in before an app's `retry`, or before the last of many sessions is sent. A new token of the same
   * user changes nothing.
   */
  function requireSameUser(): void {
    const user = userOf(queryClient, tokens);
    const isKnownToken = [user.version, tokenVersion].includes(tokenVersionOf(tokens));
    if (changes !== user.changes || !isKnownToken) throw new CancelledError();
  }

  async function send(): Promise<void> {
    requireSameUser();
    if (name !== undefined) {
      // The server cleans a name.
      const renamed = await rename.mutate({ id: ids[0] ?? '', name });
      edit((list) => list.map((each) => (each.id === renamed.id ? { ...each, name: renamed.name } : each)));
      void queryClient.invalidateQueries({ queryKey: currentKey(tokenVersion) });
    } else if (others) {
      await revokeOthers.mutate();
      remove(ids);
    } else await revokeAll();
  }

  async function revokeAll(): Promise<void> {
    const token = readToken(tokens);
    const own =
      queryClient.getQueryData<List>(queryKey)?.find(({ current }) => current) ??
      queryClient.getQueryData<ReceivedSessionInfo>(currentKey(tokenVersion));
    // The own one last: the server refuses the calls after it.
    const left = [...ids.filter((id) => id !== own?.id), ...ids.filter((id) => id === own?.id)];
    while (left.length > 0) {
      requireSameUser();
      const chunk = left.splice(0, maxIds);
      // As a list, even of one: the server refuses a single `id` whose session has already ended.
      await revoke.mutate({ ids: chunk });
      remove(chunk);
    }
    if (ids.some((id) => id === own?.id)) dropSignedOut(tokens, token);
  }

  try {
    await send();
  } catch (error) {
    // Not fetched at once: the server may be away, and this request would fail, too, and show as the error of the list.
    void queryClient.invalidateQueries({ queryKey, refetchType: 'none' });
    throw error;
  } finally {
    if (changes.get().every((each) => each === input || each.isDone)) refetchOthers(queryClient, tokens);
  }
  changes.settle(input, true);
  void refreshList(queryClient, tokens);
}
