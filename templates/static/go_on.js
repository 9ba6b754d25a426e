// Goes on once every portal was told, or has had its time. Without scripts the link does the same.
const onward = document.getElementById("continue");
const LONGEST = 3000; // milliseconds
const goOn = () => location.replace(onward.href);
window.addEventListener("load", goOn);
setTimeout(goOn, LONGEST);
