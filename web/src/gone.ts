/** Starting over replaces this page, so that the back button does not lead here again. */
document.querySelector("#start-over")?.addEventListener("click", () => location.replace("./"));
