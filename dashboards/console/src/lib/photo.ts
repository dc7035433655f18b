/** A photo as it is sent: drawn anew and small, so that nothing the camera wrote into it goes along. */

/** Enough to read a type plate; a few hundred kilobytes. */
const SIDE_PIXELS_MAX = 1280;
const QUALITY = 0.75;

export function scaled(width: number, height: number): { width: number; height: number } {
  const factor = Math.min(1, SIDE_PIXELS_MAX / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** A JPEG as a data address, or null when the file is no picture. */
export async function redrawn(file: Blob): Promise<string | null> {
  try {
    const picture = await createImageBitmap(file);
    const size = scaled(picture.width, picture.height);
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, size.width, size.height);
    picture.close();
    return canvas.toDataURL("image/jpeg", QUALITY);
  } catch {
    return null;
  }
}

/** The bytes behind a data address; fetch may not be asked for one under our content policy. */
export function blobOf(address: string): Blob {
  const [head = "", body = ""] = address.split(",", 2);
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: head.slice("data:".length).split(";")[0] || "image/jpeg" });
}

export function addressOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("the photo could not be read"));
    reader.readAsDataURL(blob);
  });
}
