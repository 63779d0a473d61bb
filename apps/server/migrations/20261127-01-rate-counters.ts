import type { Knex } from 'knex';

/**
 * How often callers have called lately, for all nodes together. Not written to the log: losing it in a crash costs
 * nothing but a fresh allowance.
 */
export async function up(db: Knex): Promise<void> {
  if (db.client.config.client !== 'pg') return;
  // Room in each page: a row that is counted on moves within its page and leaves the indexes alone.
  await db.raw(`create unlogged table rate_counters (
    key text primary key,
    slots bigint[] not null,
    currents bigint[] not null,
    previouses bigint[] not null,
    forget_at bigint not null
  ) with (fillfactor = 50)`);
  await db.raw('create index rate_counters_by_forget_at on rate_counters (forget_at)');
  // Counts one request of a caller in all windows, or in none where one is full. The row is locked from the look to
  // the write. The slot never goes back: of two clocks the later one counts. Times are milliseconds.
  await db.raw(`create function take_rate(
    caller text, at double precision, lengths bigint[], limits bigint[],
    out allowed boolean, out slots bigint[], out currents bigint[], out previouses bigint[]
  ) language plpgsql as $$
  declare
    slot bigint;
    share double precision;
    silent_at bigint := 0;
  begin
    loop
      select known.slots, known.currents, known.previouses into slots, currents, previouses
        from rate_counters as known where known.key = caller for update;
      exit when found;
      slots := array_fill(0::bigint, array[cardinality(lengths)]);
      insert into rate_counters (key, slots, currents, previouses, forget_at)
        values (caller, slots, slots, slots, at) on conflict (key) do nothing;
    end loop;
    allowed := true;
    for n in 1 .. cardinality(lengths) loop
      slot := floor(at / lengths[n]);
      if slot > slots[n] then
        previouses[n] := case when slot = slots[n] + 1 then currents[n] else 0 end;
        currents[n] := 0;
        slots[n] := slot;
      end if;
      share := least(1, greatest(0, ((slots[n] + 1) * lengths[n] - at) / lengths[n]));
      allowed := allowed and currents[n] + previouses[n] * share + 1 <= limits[n];
      silent_at := greatest(silent_at, (slots[n] + 2) * lengths[n]);
    end loop;
    if not allowed then return; end if;
    for n in 1 .. cardinality(lengths) loop
      currents[n] := currents[n] + 1;
    end loop;
    update rate_counters as known
      set slots = take_rate.slots, currents = take_rate.currents, previouses = take_rate.previouses,
        forget_at = silent_at
      where known.key = caller;
  end $$`);
}

export async function down(db: Knex): Promise<void> {
  if (db.client.config.client !== 'pg') return;
  await db.raw('drop function take_rate(text, double precision, bigint[], bigint[])');
  await db.schema.dropTable('rate_counters');
}
