import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { createWorld, fault, postgres, recovers, success } from './world.ts';

/** A disk of a few megabytes. Only an administrator of the machine can create one. */
function createSmallDisk(): { readonly folder: string } & Disposable {
  const mount = mkdtempSync(join(tmpdir(), 'trpc-sessions-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]);
  const folder = join(mount, 'table');
  mkdirSync(folder);
  chownSync(folder, 65_534, 65_534);
  return {
    folder,
    [Symbol.dispose]() {
      execFileSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true });
    },
  };
}

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describeIf(
  postgres.available && canMount,
  'a PostgreSQL whose disk is full',
  'install postgresql, run as root on Linux',
  () => {
    test('still accepts requests, and answers a sign-in with a fault until the disk has space again', async () => {
      using disk = createSmallDisk();
      await using w = await createWorld(postgres, undefined, { maxSessionsPerUser: Infinity });
      const token = await w.signIn();
      await using administrator = await w.administer();
      await administrator.run(
        `create tablespace small location '${disk.folder}'`,
        'alter table sessions set tablespace small',
        'create table filler (text text) tablespace small',
      );
      const fill = `insert into filler select repeat(md5(random()::text), 30) from generate_series(1, 100)`;
      for (;;) {
        const full = await administrator.run(fill).then(
          () => false,
          () => true,
        );
        if (full) break;
      }
      // The last page of the table may still take a few rows.
      let answer = await w.call('auth.login', { input: { username: 'bob', password: 'right' } });
      for (let n = 0; answer.status === 200 && n < 500; n += 1) {
        answer = await w.call('auth.login', { input: { username: 'bob', password: 'right' } });
      }
      expect(answer).toMatchObject(fault);
      expect(await w.call('me', { token })).toMatchObject(success);
      await administrator.run('drop table filler', 'checkpoint');
      await recovers(() => w.call('auth.login', { input: { username: 'bob', password: 'right' } }));
      expect(await w.call('me', { token })).toMatchObject(success);
    });
  },
);
