"use client";

/** The last resort: the layout itself broke, so nothing of the house's styles may be there. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body
        style={{
          margin: 0,
          minHeight: "100vh",
          display: "grid",
          placeItems: "center",
          background: "#0d1418",
          color: "#e6eeef",
          fontFamily: "system-ui, sans-serif",
        }}
      >
        <main style={{ maxWidth: 420, padding: 24, lineHeight: 1.5 }}>
          <h1 style={{ fontSize: 20 }}>Slipway could not be shown</h1>
          <p>
            The fault is ours. Your sandbox and everything in it go on as before. Load the page again; if it
            stays like this, tell your instructor.
          </p>
          <button
            type="button"
            onClick={() => {
              location.reload();
            }}
            style={{ font: "inherit", padding: "8px 16px", borderRadius: 5, border: "1px solid #7b8b90" }}
          >
            Load again
          </button>
        </main>
      </body>
    </html>
  );
}
