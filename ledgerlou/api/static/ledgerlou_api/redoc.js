"use strict";
// Starts Redoc from our own files.
const place = document.getElementById("api");
window.Redoc.init(place.dataset.document, { hideDownloadButton: false, sortRequiredPropsFirst: true }, place);
