// What is drawn of a server: a chart has one line or two. A line of a counter shows its rate. Charts with `tls` are for
// servers that have an address with TLS.

import { slowestOf } from './durations.js';
import { bytes, bytesPerSecond, count, exact, percent, perSecond, seconds, short } from './numbers.js';

/** No meter of evio: the part of the open connections that has TLS. */
export const TLS_SHARE = 'tls.share';

/** No meter either: what 99 of 100 events took at most, and all refused connections. */
export const EVENT_P99 = 'event.p99';
export const REFUSED = 'refused';

export const CHARTS = [
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
        title: 'Event durations',
        say: seconds,
        least: 1e-5,
        limit: 0.1,
        lines: [{ meter: EVENT_P99, label: 'p99' }],
        note: (of, limits, server) => `slowest of late: ${slowestOf(server.events)}`,
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
    {
        title: 'Connections refused',
        say: perSecond,
        least: 1,
        lines: [{ meter: REFUSED, label: 'refused' }],
        note: of => `so far: no trusted proxy ${count(of('connections.refused.untrusted'))}, `
            + `no access ${count(of('connections.refused.access'))}, `
            + `too many of one address ${count(of('connections.refused.per.address'))}, `
            + `accept rate ${count(of('connections.refused.accept.rate'))}`,
    },
    {
        title: 'TLS handshakes',
        tls: true,
        say: perSecond,
        least: 1,
        lines: [{ meter: 'evio.tls.handshakes', label: 'completed' }, { meter: 'evio.tls.handshake.errors', label: 'failed' }],
        note: of => `so far: completed ${count(of('tls.handshakes'))}, of these resumed ${count(of('tls.resumed'))}, `
            + `failed ${count(of('tls.handshake.errors'))}, too late ${count(of('connections.cut.handshake.timeout'))}`,
    },
    {
        title: 'Connections with TLS',
        tls: true,
        say: percent,
        most: 1,
        lines: [{ meter: TLS_SHARE, label: 'of the open ones' }],
        note: of => `${count(of('tls.connections.active'))} of ${count(of('connections.active'))} open`,
    },
];
