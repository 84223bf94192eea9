// How the application is asked.

const PATIENCE = 3_000; // ms that an answer may take

export async function ask(path) {
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
