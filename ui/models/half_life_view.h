// How long each channel of a model remembers, as a picture.
#pragma once

#include "core/inspect/half_lives.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <vector>

class QLabel;

namespace volary::ui {

class BandPlot;

// A strip for each layer, its channels from the shortest memory to the longest.
class HalfLifeView : public QWidget {
    Q_OBJECT

public:
    explicit HalfLifeView(const ThemeManager &themes, QWidget *parent = nullptr);

    void setLayers(std::vector<LayerHalfLives> layers);

    // Layer, channel and the three numbers of each; "inf" where nothing fades.
    static QString asCsv(const std::vector<LayerHalfLives> &layers);

private:
    void describeCurrent();
    bool textDecides() const;

    std::vector<LayerHalfLives> m_layers;
    std::vector<std::vector<std::size_t>> m_order; // of each layer: channels as they are drawn
    QLabel *m_sentence;
    QLabel *m_current;
    BandPlot *m_plot;
};

} // namespace volary::ui
