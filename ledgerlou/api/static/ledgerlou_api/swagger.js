"use strict";
// Starts Swagger UI from our own files. The key someone enters stays in the page and is gone with it.
const place = document.getElementById("api");
window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: false,
});
