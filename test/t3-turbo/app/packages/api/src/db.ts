import Database from 'better-sqlite3';

export const db = new Database(process.env['DATABASE_FILE'] ?? 'app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');
