#pragma once
// Nobody calls anything here; see mutex.c.
