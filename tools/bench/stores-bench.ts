/**
 * `npm run bench -- stores`: every SQL store, beside the bare driver doing the same.
 *
 * Every single piece of work is done by both sides in turn; so a machine that is busy for a while is busy for both. The
 * bound is on the ratio of the medians.
 */
import { BadCommand, BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { environment, environmentText } from './environment';
import { median } from './sampling';
import { postgresPlace, sqlitePlace, type Place } from './stores-places';
import { storeRows, type Sizes, type StoreRow } from './stores-rows';

/** A store takes at most so many times as long as the bare driver. */
export const RATIO_MAX = 1.5;

const APPENDS_DEFAULT = 1_000;
const READINGS_DEFAULT = 5;
const LOG_DEFAULT = 100_000;

/** A batch is ten times as long under way. */
const BATCHES_SHARE = 0.3;

/** Of each kind so many go before the first that is measured. */
const WARM_SHARE = 0.1;

const USAGE = `npm run bench -- stores [OPTION...]

Measures SQLite and PostgreSQL: appending one by one and in batches of 100, scanning and verifying a long log; each beside
the bare driver doing the same on the same tables in the same run. Then it says which bounds hold.

  --appends N     how many appends are measured (default ${APPENDS_DEFAULT.toLocaleString('en')}); figures are medians
  --readings N    how often the log is scanned and verified (default ${READINGS_DEFAULT})
  --log N         the events of the log that is scanned and verified (default ${LOG_DEFAULT.toLocaleString('en')})
  --store NAME    sqlite or postgres alone
  --json          prints one JSON document and nothing else
  --help          prints this

PostgreSQL is started as the tests do it; DATABASE_URL names a running one.`;

/** What was measured of a row: milliseconds, medians over the rounds. */
export interface StoreFigures {
  readonly store: string;
  readonly title: string;
  readonly events: number;
  readonly oursMs: number;
  readonly rawMs: number;
  readonly ratio: number;
}

export const storesBench: Bench = {
  name: 'stores',
  summary: 'SQLite and PostgreSQL, beside their bare drivers: appending, scanning, verifying',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      appends: { type: 'string' },
      readings: { type: 'string' },
      log: { type: 'string' },
      store: { type: 'string' },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const appends = countOf('--appends', values.appends, APPENDS_DEFAULT);
    const sizes: Sizes = {
      singles: appends,
      batches: Math.ceil(appends * BATCHES_SHARE),
      log: countOf('--log', values.log, LOG_DEFAULT),
      readings: countOf('--readings', values.readings, READINGS_DEFAULT),
    };
    const before = environment();
    const figures: StoreFigures[] = [];
    const versions: string[] = [];
    for (const open of placesFor(values.store)) {
      const place = await open();
      try {
        versions.push(place.version);
        const rows = await storeRows(place, sizes);
        for (const row of rows) figures.push(await measured(place.name, row));
      } finally {
        await place.close();
      }
    }
    const broken = figures.filter(({ ratio }) => ratio > RATIO_MAX);
    if (values.json === true)
      console.log(JSON.stringify({ environment: before, versions, ratioMax: RATIO_MAX, figures }));
    else console.log([environmentText(before), versions.join(', '), '', ...reportLines(figures)].join('\n'));
    return broken.length === 0 ? OK : BROKEN;
  },
};

/** Who begins changes from time to time. */
async function measured(store: string, row: StoreRow): Promise<StoreFigures> {
  const ours: number[] = [];
  const raw: number[] = [];
  const warm = Math.ceil(row.times * WARM_SHARE);
  for (let n = 0; n < warm + row.times; n += 1) {
    const oursFirst = n % 2 === 0;
    const before = oursFirst ? await msOf(() => row.ours(n)) : await msOf(() => row.raw(n));
    const after = oursFirst ? await msOf(() => row.raw(n)) : await msOf(() => row.ours(n));
    if (n < warm) continue;
    ours.push(oursFirst ? before : after);
    raw.push(oursFirst ? after : before);
  }
  const [oursMs, rawMs] = [median(ours), median(raw)];
  return { store, title: row.title, events: row.events, oursMs, rawMs, ratio: oursMs / rawMs };
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function reportLines(figures: readonly StoreFigures[]): readonly string[] {
  const perSecond = (events: number, ms: number): string => Math.round((events / ms) * 1_000).toLocaleString('en');
  const table = [
    ['store', '', 'events at once', 'ours /s', 'bare driver /s', 'time ratio', `bound ${RATIO_MAX}`],
    ...figures.map(({ store, title, events, oursMs, rawMs, ratio }) => [
      store,
      title,
      events.toLocaleString('en'),
      perSecond(events, oursMs),
      perSecond(events, rawMs),
      ratio.toFixed(2),
      ratio <= RATIO_MAX ? 'held' : 'BROKEN',
    ]),
  ];
  const widths = (table[0] as string[]).map((_, column) =>
    Math.max(...table.map((line) => (line[column] ?? '').length)),
  );
  return table.map((line) =>
    line
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join('  '),
  );
}

function placesFor(store: string | undefined): readonly (() => Promise<Place>)[] {
  switch (store) {
    case undefined:
      return [sqlitePlace, postgresPlace];
    case 'sqlite':
      return [sqlitePlace];
    case 'postgres':
      return [postgresPlace];
    default:
      throw new BadCommand(`--store ${store}: it is sqlite or postgres`);
  }
}
