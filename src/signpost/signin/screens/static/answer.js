// Posts the one form of the page that carries an answer back to an application; without it, its button does.
"use strict";
document.forms[0].submit();
