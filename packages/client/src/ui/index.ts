'use client';

export { Sessions, type SessionsProps } from './sessions.tsx';
export type { HeadingLevel } from './styled/heading.ts';
export { useSessionsScreen, type SessionsScreen, type SessionsScreenOptions } from './screen/use-sessions-screen.ts';
export type { Selection } from './screen/use-selection.ts';
export type { SignOut, SignOutQuestion } from './screen/use-sign-out.ts';
export type { SessionFact } from './screen/session-facts.ts';
export { SessionRow, type SessionRowProps, type SessionRowState } from './parts/session-row.tsx';
export { SessionDetails } from './parts/session-details.tsx';
export type { SessionDetailsProps, SessionDetailsState } from './parts/open-details.tsx';
export { SignOutPrompt } from './parts/sign-out-prompt.tsx';
export type { SignOutPromptProps, SignOutPromptState } from './parts/open-prompt.tsx';
export type { Action } from './parts/use-action.ts';
export { DeviceIcon, type DeviceIconProps } from './parts/device-icon.tsx';
export { RelativeTime, type RelativeTimeProps } from './parts/relative-time.tsx';
export type { SessionsLabels } from './labels/labels.ts';
export { labelsEn } from './labels/labels-en.ts';
export { labelsAr } from './labels/labels-ar.ts';
