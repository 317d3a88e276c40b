// The page /api/docs: Swagger UI, all of whose files are served by us.
window.addEventListener("DOMContentLoaded", () => {
  window.ui = window.SwaggerUIBundle({
    url: "/api/v1/openapi.json",
    domNode: document.getElementById("swagger-ui"),
    deepLinking: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    // Null keeps the description from being sent to a checking service elsewhere.
    validatorUrl: null,
    docExpansion: "none", // a hundred and more operations take half a minute to draw
    filter: true,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
