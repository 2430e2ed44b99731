/** Version of the package, as agents tell it when they register. Kept by the release script. */
export const version = '0.0.0'
