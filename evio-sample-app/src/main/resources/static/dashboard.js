// The dashboard: asks actuator for every server's counters once a second and draws them, with the ten minutes behind
// them. No library and no build; nothing is asked of any other host.

const PERIOD = 1_000; // ms between two questions
const PATIENCE = 3_000; // ms that an answer may take
const WINDOW = 600_000; // ms of history
const CONNECTIONS = 20; // a page of them
const HISTORY = 'evio.history'; // where it outlives a reload

const GAUGES = new Set(['evio.connections.active', 'evio.connections.max', 'evio.write.pending']);

// How numbers are said.
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 9 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const decimal = { base: 1_000, units: ['', 'k', 'M', 'G', 'T'] };
const binary = { base: 1_024, units: ['B', 'KiB', 'MiB', 'GiB', 'TiB'] };
const scaled = (value, { base, units }) => {
    let i = 0;
    while (value >= 999.5 && i < units.length - 1) {
        value /= base;
        i++;
    }
    return `${short.format(value)} ${units[i]}`.trim();
};
const count = value => (value < 10_000 ? exact.format(Math.round(value)) : scaled(value, decimal));
const bytes = value => scaled(value, binary);
const perSecond = value => `${scaled(value, decimal)}/s`;
const bytesPerSecond = value => `${bytes(value)}/s`;
const percent = value => `${value < 0.1 ? value && (value * 100).toFixed(1) : Math.round(value * 100)} %`;
const clock = time => new Date(time).toLocaleTimeString('en-GB');

// What is drawn: a chart has one line or two. A line of a counter shows its rate.
const CHARTS = [
    {
        title: 'Connections',
        say: count,
        least: 4,
        lines: [{ meter: 'evio.connections.active', label: 'open' }],
        note: of => `at most ${exact.format(of('connections.max'))} · ${count(of('connections.opened'))} opened · `
            + `${count(of('connections.closed'))} closed · ${count(of('connections.detached'))} detached`,
    },
    {
        title: 'Traffic',
        say: bytesPerSecond,
        base: 1_024,
        least: 100,
        lines: [{ meter: 'evio.data.received', label: 'in' }, { meter: 'evio.data.sent', label: 'out' }],
        note: of => `so far: in ${bytes(of('data.received'))}, out ${bytes(of('data.sent'))}`,
    },
    {
        title: 'Loop saturation',
        say: percent,
        most: 1,
        limit: 0.8,
        lines: [{ meter: 'evio.loop.busy', label: 'of the time busy' }],
        note: of => `${short.format(of('loop.busy'))} s so far · dotted: 80 %, little room left`,
    },
    {
        title: 'Write attempts',
        say: perSecond,
        least: 10,
        lines: [{ meter: 'evio.prewrite', label: 'prewrite' }, { meter: 'evio.postwrite', label: 'postwrite' }],
        note: of => `so far: offered ${bytes(of('prewrite.size'))}, taken ${bytes(of('postwrite.size'))}`,
    },
    {
        title: 'Partial writes',
        say: perSecond,
        least: 10,
        lines: [{ meter: 'evio.postwrite.partial', label: 'left some unsent' }],
        note: of => `so far: ${count(of('postwrite.partial'))} of ${count(of('postwrite'))} attempts`,
    },
    {
        title: 'Pending output',
        say: bytes,
        base: 1_024,
        least: 1_024,
        lines: [{ meter: 'evio.write.pending', label: 'unsent' }],
        note: (of, limits) => `per connection: paused at ${bytes(limits.highWaterMark)}, `
            + `closed at ${bytes(limits.maxPendingOutput)}`,
    },
    {
        title: 'Wakes and ticks',
        say: perSecond,
        least: 10,
        lines: [{ meter: 'evio.wakeups', label: 'wakes' }, { meter: 'evio.ticks', label: 'ticks' }],
        note: of => `so far: wakes ${count(of('wakeups'))}, ticks ${count(of('ticks'))}`,
    },
    {
        title: 'Loop',
        say: perSecond,
        least: 10,
        lines: [{ meter: 'evio.loop.iterations', label: 'turns' }, { meter: 'evio.loop.events', label: 'events' }],
        note: of => `so far: turns ${count(of('loop.iterations'))}, events ${count(of('loop.events'))}`,
    },
    {
        title: 'Errors',
        say: perSecond,
        least: 1,
        limit: 0,
        lines: [{ meter: 'evio.accept.errors', label: 'accept' }, { meter: 'evio.handler.errors', label: 'handler' }],
        note: of => `so far: accept ${count(of('accept.errors'))}, handler ${count(of('handler.errors'))}`,
    },
];
const DRAWN = CHARTS.flatMap(chart => chart.lines.map(line => line.meter));

const now = () => performance.timeOrigin + performance.now(); // epoch, but never set back
const byId = id => document.getElementById(id);

/** An HTML element with its attributes and children. All text is text, never markup. */
function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
}

function svg(name, attributes = {}, ...children) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) {
        made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
}

/** The next of 1, 2, 5, 10, 20 ... (of its unit) that is not smaller: a scale that changes seldom and reads well. */
function ceiling(value, base) {
    const unit = base ** Math.max(0, Math.floor(Math.log(value) / Math.log(base)));
    const power = 10 ** Math.floor(Math.log10(value / unit));
    const step = [1, 2, 5, 10].find(candidate => candidate * power * unit >= value);
    return step * power >= 1_000 ? unit * base : step * power * unit;
}

/** What is known of a server: its last counters, and a point for every answer within the window. */
class History {
    /** Each with its time and, by meter, the gauge's value or the counter's rate; null where that is not known. */
    points = [];
    rates = {};
    #last = null; // time and counters of the answer before

    static restored({ points, last }) {
        const history = new History();
        history.points = points;
        history.#last = last;
        return history;
    }

    add(time, counters) {
        const before = this.#last;
        // Smaller than before: it is another process, which counts from zero.
        const follows = before !== null
            && Object.keys(counters).every(meter => GAUGES.has(meter) || counters[meter] >= before.counters[meter]);
        const seconds = follows ? (time - before.time) / 1_000 : 0;
        this.rates = {};
        for (const meter of Object.keys(counters)) {
            if (!GAUGES.has(meter)) {
                this.rates[meter] = follows ? (counters[meter] - before.counters[meter]) / seconds : null;
            }
        }
        if (this.rates['evio.loop.busy'] > 1) {
            this.rates['evio.loop.busy'] = 1; // The clock here and the one there are not read in the same moment.
        }
        const point = { time };
        for (const meter of DRAWN) {
            point[meter] = (GAUGES.has(meter) ? counters[meter] : this.rates[meter]) ?? null;
        }
        this.#push(point);
        this.#last = { time, counters };
    }

    /** Nothing is known of that moment: a gap in every line. */
    gap(time) {
        this.#last = null;
        this.rates = {};
        if (this.points.length > 0 && this.points.at(-1).gap) {
            this.points.at(-1).time = time;
        } else {
            this.#push({ time, gap: true });
        }
    }

    at(time) {
        return this.points.reduce(
            (best, point) => (Math.abs(point.time - time) < Math.abs((best?.time ?? 0) - time) ? point : best), undefined);
    }

    #push(point) {
        this.points.push(point);
        const oldest = point.time - WINDOW - 2 * PERIOD;
        while (this.points[0].time < oldest) {
            this.points.shift();
        }
    }

    toJSON() {
        return { points: this.points, last: this.#last };
    }
}

/** The time under the pointer, the same in all charts; null for now. */
let cursor = null;

class Chart {
    static WIDTH = 600;
    static HEIGHT = 100;

    constructor(specification, server) {
        this.specification = specification;
        this.lines = specification.lines.map((line, i) => svg('path', { class: i === 0 ? 'line' : 'line second' }));
        this.area = svg('path', { class: 'area' });
        this.limit = svg('path', { class: 'limit' });
        this.cursor = svg('path', { class: 'cursor' });
        this.values = specification.lines.map(() => element('b', {}, '–'));
        this.scale = element('span', { class: 'scale', 'aria-hidden': 'true' });
        this.time = element('span');
        this.note = element('p', { class: 'note' });
        const grid = 'M0,50H600 M0,0H600' + [120, 240, 360, 480].map(x => ` M${x},0V100`).join('');
        this.drawing = svg(
            'svg', { viewBox: `0 0 ${Chart.WIDTH} ${Chart.HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
            svg('path', { class: 'grid', d: grid }), svg('path', { class: 'base', d: 'M0,100H600' }),
            this.area, this.limit, ...this.lines, this.cursor);
        const plot = element('div', { class: 'plot' }, this.drawing, this.scale);
        plot.addEventListener('pointermove', event => {
            const box = plot.getBoundingClientRect();
            pointAt(this.end - WINDOW * (1 - Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
        });
        plot.addEventListener('pointerleave', () => pointAt(null));
        this.root = element(
            'article', { class: 'tile', 'aria-label': `${server}: ${specification.title}` },
            element('h3', {}, specification.title, this.time),
            element('div', { class: 'figures' }, ...specification.lines.map((line, i) => {
                const key = specification.lines.length > 1 ? [element('i')] : [];
                this.values[i].dataset.figure = line.meter;
                return element('div', { class: 'figure' }, ...key, this.values[i], element('span', {}, line.label));
            })),
            plot,
            element('div', { class: 'times', 'aria-hidden': 'true' },
                element('span', {}, '−10 min'), element('span', {}, '−5 min'), element('span', {}, 'now')),
            this.note);
    }

    /** @param end the time at the right edge */
    draw(history, end) {
        const { lines, say, base = 1_000, least = 1, most, limit } = this.specification;
        this.end = end;
        const start = end - WINDOW;
        const points = history.points.filter(point => point.time >= start - 2 * PERIOD);
        const peak = Math.max(0, ...points.flatMap(point => lines.map(line => point[line.meter] ?? 0)));
        const top = most ?? ceiling(Math.max(peak, least), base);
        const x = time => ((time - start) / WINDOW) * Chart.WIDTH;
        const y = value => Chart.HEIGHT * (1 - value / top);
        lines.forEach((line, i) => {
            const { path, area } = Chart.#paths(points, line.meter, x, y);
            this.lines[i].setAttribute('d', path);
            if (i === 0) {
                this.area.setAttribute('d', area);
            }
        });
        if (limit > 0) {
            this.limit.setAttribute('d', `M0,${y(limit)}H${Chart.WIDTH}`);
        }
        this.scale.textContent = say(top);
        this.#figures(history, cursor === null ? undefined : history.at(cursor), x);
        this.drawing.setAttribute('aria-label', `The last ten minutes, at most ${say(peak)}`);
    }

    /** The lines of a meter, broken where nothing is known, and the area below. A lone point is a dot. */
    static #paths(points, meter, x, y) {
        let path = '';
        let area = '';
        let first = null;
        let previous = null;
        const close = () => {
            if (previous !== null) {
                area += `V${Chart.HEIGHT}H${first.toFixed(1)}Z`;
            }
        };
        for (const point of points) {
            const value = point[meter] ?? null;
            if (value === null) {
                close();
                previous = null;
                continue;
            }
            const px = Math.max(0, x(point.time));
            const at = `${px.toFixed(1)},${y(value).toFixed(2)}`;
            if (previous === null) {
                first = px;
                path += `M${at}h0`;
                area += `M${px.toFixed(1)},${Chart.HEIGHT}L${at}`;
            } else {
                path += `L${at}`;
                area += `L${at}`;
            }
            previous = px;
        }
        close();
        return { path, area };
    }

    #figures(history, pointed, x) {
        const { lines, say, limit } = this.specification;
        const shown = pointed ?? history.points.at(-1);
        let alarm = false;
        lines.forEach((line, i) => {
            const value = shown?.[line.meter] ?? null;
            this.values[i].textContent = value === null ? '–' : say(value);
            alarm ||= limit !== undefined && value !== null && value > limit;
        });
        this.root.classList.toggle('alarm', alarm);
        this.time.textContent = pointed === undefined ? '' : clock(pointed.time);
        this.cursor.setAttribute('d', pointed === undefined ? '' : `M${x(pointed.time)},0V${Chart.HEIGHT}`);
    }

    annotate(server) {
        this.note.textContent = this.specification.note(meter => server.counters[`evio.${meter}`], server.limits);
    }
}

/** Who is connected: a page of them, asked for only while it is open. */
class Connections {
    #after = 0;
    #next = null;

    constructor(server) {
        this.server = server;
        this.rows = element('tbody');
        this.empty = element('p', { class: 'note' }, 'Nobody is connected.');
        const heads = ['id', 'by', 'peer', 'age', 'received', 'sent', 'pending'];
        this.table = element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${server}: connections` },
            element('table', {}, element('thead', {}, element('tr', {}, ...heads.map(
                (head, i) => element('th', i > 2 || i === 0 ? { class: 'number', scope: 'col' } : { scope: 'col' }, head)))),
            this.rows));
        this.first = element('button', { type: 'button' }, 'First');
        this.further = element('button', { type: 'button' }, 'Next');
        this.first.addEventListener('click', () => this.#turnTo(0));
        this.further.addEventListener('click', () => this.#turnTo(this.#next));
        this.root = element('details', {}, element('summary', {}, 'Connections'),
            this.empty, this.table, element('div', { class: 'pages' }, this.first, this.further));
        this.root.addEventListener('toggle', () => this.refresh());
    }

    #turnTo(after) {
        this.#after = after;
        this.refresh();
    }

    async refresh() {
        if (!this.root.open) {
            return;
        }
        const asked = this.#after;
        const path = `actuator/evio/${encodeURIComponent(this.server)}?limit=${CONNECTIONS}&after=${asked}`;
        let page;
        try {
            page = (await ask(path)).connections;
        } catch {
            return; // The poll says what is wrong.
        }
        if (asked !== this.#after) {
            return; // The page was turned meanwhile.
        }
        this.#next = page.next;
        this.first.disabled = asked === 0;
        this.further.disabled = page.next === null;
        this.table.hidden = page.items.length === 0;
        this.empty.hidden = page.items.length > 0;
        this.empty.textContent = asked === 0 ? 'Nobody is connected.' : 'No more connections.';
        this.rows.replaceChildren(...page.items.map(connection => element('tr', {},
            element('td', { class: 'number' }, String(connection.id)),
            element('td', {}, connection.address),
            element('td', {}, connection.peer),
            ...[age(connection.age), ...[connection.received, connection.sent, connection.pending].map(bytes)]
                .map(cell => element('td', { class: 'number' }, cell)))));
    }
}

/** PT1H2M3.4S as 1 h 2 min 3 s. */
function age(duration) {
    const [, hours, minutes, seconds] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration) ?? [];
    const parts = [hours && `${hours} h`, minutes && `${minutes} min`, seconds && `${Math.floor(seconds)} s`];
    return parts.filter(Boolean).join(' ') || '0 s';
}

/** A server's part of the page. */
class Server {
    constructor(name, history) {
        this.name = name;
        this.history = history;
        this.charts = CHARTS.map(chart => new Chart(chart, name));
        this.connections = new Connections(name);
        this.badge = element('span');
        this.where = element('span', { class: 'where' });
        this.rows = element('tbody');
        this.cells = new Map();
        const id = `server-${name}`;
        this.root = element('section', { class: 'server', id, 'aria-labelledby': `${id}-name`, 'data-server': name },
            element('header', {}, element('h2', { id: `${id}-name` }, name), this.badge, this.where),
            element('div', { class: 'tiles' }, ...this.charts.map(chart => chart.root)),
            this.connections.root,
            element('details', { class: 'meters' }, element('summary', {}, 'All meters'),
                element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${name}: meters` },
                    element('table', {},
                        element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'meter'),
                            element('th', { class: 'number', scope: 'col' }, 'value'),
                            element('th', { class: 'number', scope: 'col' }, 'a second'))),
                        this.rows))));
        this.summary = element('span');
        this.summaryBadge = element('b', {}, name);
        this.link = element('a', { href: `#${id}` }, this.summaryBadge, this.summary);
    }

    update(time, server) {
        this.history.add(time, server.counters);
        this.#badge(server.running ? 'running' : 'stopped');
        this.where.textContent = `${server.addresses.join(', ')} (${server.poller})`;
        this.charts.forEach(chart => chart.annotate(server));
        for (const [meter, value] of Object.entries(server.counters)) {
            const [total, rate] = this.#cellsOf(meter);
            total.textContent = exact.format(value);
            const perSecond = this.history.rates[meter];
            rate.textContent = perSecond == null ? '' : (perSecond < 100 ? short : whole).format(perSecond);
        }
        this.connections.refresh();
    }

    /** Nobody answers for it. */
    lost(time) {
        this.history.gap(time);
        this.#badge('unknown');
    }

    #badge(state) {
        this.badge.className = this.summaryBadge.className = state;
        this.badge.textContent = state;
    }

    draw(end) {
        this.charts.forEach(chart => chart.draw(this.history, end));
        const last = this.history.points.at(-1) ?? {};
        const say = (meter, how) => (last[meter] == null ? '–' : how(last[meter]));
        this.summary.textContent = last.gap ? 'no answer' : `${say('evio.connections.active', count)} open · `
            + `${say('evio.data.received', bytesPerSecond)} in · ${say('evio.loop.busy', percent)} busy`;
    }

    #cellsOf(meter) {
        if (!this.cells.has(meter)) {
            const cells = [element('td', { class: 'number', 'data-meter': meter }), element('td', { class: 'number' })];
            this.cells.set(meter, cells);
            this.rows.append(element('tr', {}, element('th', { scope: 'row' }, meter), ...cells));
        }
        return this.cells.get(meter);
    }
}

async function ask(path) {
    const response = await fetch(path, {
        cache: 'no-store',
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) {
        throw new Error(`The application has answered ${response.status} to ${path}`);
    }
    return response.json();
}

const servers = new Map();
const restored = restore();
let lastAnswer = now();

async function poll() {
    const asked = now();
    try {
        const answer = await ask('actuator/evio?limit=0');
        back();
        show((asked + now()) / 2, answer.servers);
    } catch (error) {
        gone(error);
    }
    draw();
    setTimeout(poll, Math.max(0, PERIOD - (now() - asked)));
}

function show(time, answered) {
    lastAnswer = time;
    for (const [name, server] of servers) {
        if (!(name in answered)) {
            server.root.remove();
            server.link.remove();
            servers.delete(name);
        }
    }
    for (const [name, described] of Object.entries(answered)) {
        if (!servers.has(name)) {
            const server = new Server(name, restored[name] ? History.restored(restored[name]) : new History());
            delete restored[name];
            servers.set(name, server);
            byId('servers').append(server.root);
            byId('overview').append(server.link);
        }
        servers.get(name).update(time, described);
    }
    byId('time').textContent = clock(time);
}

function gone(error) {
    servers.forEach(server => server.lost(now()));
    // What fetch throws when nobody answers says nothing that a reader could use.
    const reason = error instanceof TypeError || error.name === 'TimeoutError'
        ? 'The application has not answered' : error.message;
    says('no answer', 'gone');
    const said = `${reason} since ${clock(lastAnswer)}. This page goes on trying.`;
    if (byId('gone').textContent !== said) {
        byId('gone').textContent = said;
    }
    byId('gone').hidden = false;
    byId('time').textContent = '';
    document.body.classList.add('gone');
    document.title = 'gone: evio';
}

function back() {
    says('live', 'live');
    byId('gone').hidden = true;
    byId('gone').textContent = '';
    document.body.classList.remove('gone');
    document.title = 'evio';
}

/** Set only where it changes: a screen reader reads every change. */
function says(state, className) {
    if (byId('state').textContent !== state) {
        byId('state').textContent = state;
        byId('state').className = className;
    }
}

function draw() {
    if (!document.hidden) {
        const end = now();
        servers.forEach(server => server.draw(end));
    }
}

let drawing = false;

function pointAt(time) {
    cursor = time;
    if (!drawing) {
        drawing = true;
        requestAnimationFrame(() => {
            drawing = false;
            draw();
        });
    }
}

/** What the page had seen before it was loaded again, by server. */
function restore() {
    try {
        return JSON.parse(sessionStorage.getItem(HISTORY)) ?? {};
    } catch {
        return {}; // No storage, or not ours: it begins anew.
    }
}

addEventListener('pagehide', () => {
    try {
        const histories = [...servers].map(([name, server]) => [name, server.history]);
        sessionStorage.setItem(HISTORY, JSON.stringify(Object.fromEntries(histories)));
    } catch {
        // No storage, or no room in it.
    }
});
document.addEventListener('visibilitychange', draw);
poll();
