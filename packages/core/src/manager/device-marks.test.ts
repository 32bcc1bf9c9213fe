import { expect, test } from 'vitest';
import { detectDialect } from '../store/detect-dialect.ts';
import { createStore } from '../store/store.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { createKeyRing } from '../token/keys.ts';
import { createMarkIssuer, type MarkIssuer } from './device-marks.ts';
import { createEvents } from './events.ts';

test('a mark of a table in one schema is none of a table in another', async () => {
  const db = await createMigratedDatabase();
  const { markNumbers: numbers } = createStore(db, detectDialect(db), { schema: undefined, table: 'sessions' });
  const issuerOf = (schema: string): MarkIssuer =>
    createMarkIssuer(
      { numbers, events: createEvents() },
      {
        keys: createKeyRing('a secret of more than thirty-two bytes'),
        clock: () => 1000,
        table: { schema, table: 'sessions' },
      },
    );
  const mark = await issuerOf('one').issue('ada', 'ada', undefined);
  expect(await issuerOf('one').verify(mark?.text ?? '', 'ada')).toMatchObject({ userId: 'ada' });
  expect(await issuerOf('two').verify(mark?.text ?? '', 'ada')).toBeUndefined();
  await db.destroy();
});
