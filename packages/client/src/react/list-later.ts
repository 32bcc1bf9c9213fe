// A module of its own: only a page that shows the list, or changes it, loads it.

export { sendListChange } from './send-list-change.ts';
export { shareList } from './shared-list.ts';
