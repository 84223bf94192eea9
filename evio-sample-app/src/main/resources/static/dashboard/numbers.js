// How numbers, times and durations are said.

export const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 9 });
export const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
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
export const count = value => (value < 10_000 ? exact.format(Math.round(value)) : scaled(value, decimal));
export const bytes = value => scaled(value, binary);
export const perSecond = value => `${scaled(value, decimal)}/s`;
export const bytesPerSecond = value => `${bytes(value)}/s`;
export const percent = value => `${value < 0.1 ? value && (value * 100).toFixed(1) : Math.round(value * 100)} %`;
/** 0.00012 s as 120 µs. */
export const seconds = value => {
    const [factor, unit] = value < 1e-3 ? [1e6, 'µs'] : value < 1 ? [1e3, 'ms'] : [1, 's'];
    return `${short.format(value * factor)} ${unit}`;
};
export const clock = time => new Date(time).toLocaleTimeString('en-GB');

/** PT1H2M3.4S as 1 h 2 min 3 s. */
export function age(duration) {
    const [hours, minutes, seconds] = parts(duration);
    const said = [hours && `${hours} h`, minutes && `${minutes} min`, seconds && `${Math.floor(seconds)} s`];
    return said.filter(Boolean).join(' ') || '0 s';
}

/** PT1H2M3.4S as 3723.4. */
export const secondsOf = duration => parts(duration).reduce((sum, part) => sum * 60 + Number(part ?? 0), 0);

/** Hours, minutes and seconds, each undefined where there are none. */
const parts = duration => (/^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(duration) ?? []).slice(1);
