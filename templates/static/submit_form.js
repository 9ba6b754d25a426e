// The only form of the page goes on without a press. Without scripts the button does the same.
document.getElementById("form-post").submit();
