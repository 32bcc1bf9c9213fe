import type { SessionsLabels } from '../labels/labels.ts';
import { titleOf } from './describe-session.ts';
import type { SignOutQuestion } from './use-sign-out.ts';

export interface QuestionTexts {
  readonly title: string;
  readonly hint: string;
  /** Said after the sessions have ended. */
  readonly done: string;
}

/** The texts of a question. */
export function questionTexts({ kind, sessions }: SignOutQuestion, labels: SessionsLabels): QuestionTexts {
  const [first] = sessions;
  const device = first === undefined ? labels.unknownDevice : titleOf(first, labels);
  const count = sessions.length;
  const doneOne = labels.signedOutOf(device);
  const doneMany = labels.signedOutMany(count);
  const texts: Readonly<Record<SignOutQuestion['kind'], QuestionTexts>> = {
    one: { title: labels.askOne(device), hint: labels.askOneHint, done: doneOne },
    notMe: { title: labels.askNotMe(device), hint: labels.askNotMeHint, done: doneOne },
    this: { title: labels.askThis, hint: labels.askThisHint, done: labels.signedOut },
    many: { title: labels.askMany(count), hint: labels.askManyHint, done: doneMany },
    others: { title: labels.askOthers, hint: labels.askOthersHint(count), done: doneMany },
  };
  return texts[kind];
}
