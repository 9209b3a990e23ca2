// Where the phone is.

export interface Position {
  latitude: number;
  longitude: number;
}

/** How long the phone may look for its position, and how old it may be, in milliseconds. */
const options = { timeout: 8000, maximumAge: 60_000, enableHighAccuracy: true };
/** Six decimals of a degree are a tenth of a metre. */
const rounded = (degrees: number) => Number(degrees.toFixed(6));

/** canLocate reports whether this browser can know its position. */
export const canLocate = (): boolean => !!navigator.geolocation;

/** readPosition returns the position of the phone; undefined: the phone does not allow it, or does not find it. */
export async function readPosition(): Promise<Position | undefined> {
  try {
    const { coords } = await new Promise<GeolocationPosition>((done, failed) => {
      navigator.geolocation.getCurrentPosition(done, failed, options);
    });
    return { latitude: rounded(coords.latitude), longitude: rounded(coords.longitude) };
  } catch {
    return undefined;
  }
}
