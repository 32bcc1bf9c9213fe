import type { SessionInfo } from '../../react/index.ts';
import { useUserState } from './use-user-state.ts';

/**
 * The question before sessions end: `one` session, `many` that are selected, all `others`, the session of `this` device, or one
 * that the user does not know (`notMe`).
 */
export interface SignOutQuestion {
  readonly kind: 'one' | 'many' | 'others' | 'this' | 'notMe';
  readonly sessions: readonly SessionInfo[];
}

/** Signing out, in two steps: the question, and its answer. */
export interface SignOut {
  /** The question that is being asked. */
  readonly question: SignOutQuestion | null;
  readonly ask: (kind: SignOutQuestion['kind'], sessions: readonly SessionInfo[]) => void;
  /** Ends the sessions of the question. Rejects if it fails, and the question stays. */
  readonly confirm: () => Promise<void>;
  readonly cancel: () => void;
  /** The question that was answered last, for a message. */
  readonly done: SignOutQuestion | null;
  readonly dismiss: () => void;
}

interface Actions {
  readonly userId: string | null;
  readonly revoke: (sessions: readonly SessionInfo[]) => Promise<void>;
  readonly revokeOthers: () => Promise<void>;
  readonly logout: () => Promise<void>;
  readonly onNotMe: ((session: SessionInfo) => void) | undefined;
  readonly onDone: () => void;
}

/** Asks before sessions end. */
export function useSignOut({ userId, revoke, revokeOthers, logout, onNotMe, onDone }: Actions): SignOut {
  // The sessions as they were when it was asked: the list behind it may change.
  const [question, setQuestion] = useUserState<SignOutQuestion | null>(userId, null);
  const [done, setDone] = useUserState<SignOutQuestion | null>(userId, null);

  async function confirm(): Promise<void> {
    if (question === null) return;
    const { kind, sessions } = question;
    if (kind === 'this') await logout();
    else if (kind === 'others') await revokeOthers();
    else await revoke(sessions);
    setQuestion(null);
    setDone(question);
    onDone();
    const [disowned] = sessions;
    if (kind === 'notMe' && disowned !== undefined) onNotMe?.(disowned);
  }

  return {
    question,
    ask: (kind, sessions) => setQuestion({ kind, sessions }),
    confirm,
    cancel: () => setQuestion(null),
    done,
    dismiss: () => setDone(null),
  };
}
